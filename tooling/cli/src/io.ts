/** A stream that text is written to; a terminal says so. */
export interface OutputStream {
  write(text: string): unknown
  isTTY?: boolean | undefined
  columns?: number | undefined
}

/** Everything a command may know of the process it runs in; tests hand in their own. */
export interface Io {
  /** Arguments behind the program's name. */
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  stdout: OutputStream
  stderr: OutputStream
  /** Absolute path that relative paths start from. */
  cwd: string
  /** Unix seconds with fractions. */
  now: () => number
  /** From 0 up to 1; only new run ids need it. */
  random: () => number
  /** Aborted by the first interrupt. */
  signal: AbortSignal
}
