import { readFile } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { z } from 'zod'
import { CommandError } from './command-error.ts'

/** A named pipeline configuration of `fs.config.json`; paths are absolute. */
export interface Profile {
  candidates?: string | undefined
  formula?: string | undefined
  features?: string[] | undefined
  table?: string | undefined
  output?: string | undefined
  policy?: string | undefined
  /** What a promotion needs. */
  evidence?: ('coverage' | 'validation')[] | undefined
  strategy?: string | undefined
}

const profileSchema = z.strictObject({
  candidates: z.string().optional(),
  formula: z.string().optional(),
  features: z.array(z.string()).optional(),
  table: z.string().optional(),
  output: z.string().optional(),
  policy: z.string().optional(),
  evidence: z.array(z.enum(['coverage', 'validation'])).optional(),
  strategy: z.string().optional(),
})

const configSchema = z.strictObject({
  lakehouse: z.string().min(1).optional(),
  runs: z.string().min(1).optional(),
  scanner: z.string().min(1).optional(),
  profiles: z.record(z.string(), profileSchema).optional(),
  ledger: z
    .strictObject({
      signing_key_file: z.string().optional(),
      verifier_keys: z.array(z.string()).optional(),
    })
    .optional(),
})

/** What a command works with, whatever place each setting came from. */
export interface Settings {
  /** Absolute path, `file://` or `s3://` URI. */
  lakehouse: string
  /** Absolute path of the folder of all runs. */
  runs: string
  /** Another scanner host than TradingView's. */
  scanner?: string
  profiles: Readonly<Record<string, Profile>>
  ledger: { signingKeyFile?: string; verifierKeys: readonly string[] }
  /** The configuration file that was read. */
  configFile?: string
}

/** Settings given on the command line. */
export interface SettingFlags {
  lakehouse?: string | undefined
  runs?: string | undefined
  scanner?: string | undefined
}

const CONFIG_FILE = 'fs.config.json'
const DEFAULT_LAKEHOUSE = join('data', 'lakehouse')
const DEFAULT_RUNS = join('data', 'runs')

/**
 * Settles every setting by the order flag, environment (`FS_LAKEHOUSE`, `FS_RUNS`, `FS_SCANNER_URL`), `fs.config.json`,
 * default. An empty environment variable counts as absent.
 *
 * @param flags settings of the command line
 * @param io `env` and `cwd` of the process; the configuration file is looked for in `cwd` alone
 * @returns settings with absolute paths; those of the file start from its folder
 * @throws CommandError `invalid_config` naming the key, when the file or a value cannot be used
 */
export async function resolveSettings(
  flags: SettingFlags,
  io: { env: Readonly<Record<string, string | undefined>>; cwd: string },
): Promise<Settings> {
  const configFile = join(io.cwd, CONFIG_FILE)
  const config = await readConfig(configFile)
  const { env, cwd } = io
  const scanner = flags.scanner || env['FS_SCANNER_URL'] || config?.scanner
  const signingKeyFile = config?.ledger?.signing_key_file
  return {
    lakehouse: location(
      flags.lakehouse ?? (env['FS_LAKEHOUSE'] || config?.lakehouse || DEFAULT_LAKEHOUSE),
      cwd,
    ),
    runs: resolve(cwd, flags.runs ?? (env['FS_RUNS'] || config?.runs || DEFAULT_RUNS)),
    ...(scanner ? { scanner } : {}),
    profiles: Object.fromEntries(
      Object.entries(config?.profiles ?? {}).map(([name, profile]) => [
        name,
        withAbsolutePaths(profile, cwd),
      ]),
    ),
    ledger: {
      ...(signingKeyFile === undefined ? {} : { signingKeyFile: resolve(cwd, signingKeyFile) }),
      verifierKeys: config?.ledger?.verifier_keys ?? [],
    },
    ...(config === undefined ? {} : { configFile }),
  }
}

/** A profile's name with its configuration, empty where `fs.config.json` has none. */
export interface ChosenProfile {
  name: string
  profile: Profile
}

/**
 * Chooses the profile of a run: the given one, else the one whose `candidates` the file is, else the file's name without
 * its ending and with `-` for what a name cannot hold, else `default`.
 *
 * @param settings with the configured profiles
 * @param choice `given`: `--profile`; `candidates`: path of the candidates file; `cwd`: where relative paths start
 * @returns the name and its configuration
 * @throws CommandError `invalid_input` when the given name is none, or not among the profiles where there are any, or
 *   when several profiles name the same file
 */
export function chooseProfile(
  settings: Settings,
  choice: { given?: string | undefined; candidates?: string | undefined; cwd: string },
): ChosenProfile {
  if (choice.given !== undefined) checkProfile(choice.given, settings)
  const name = choice.given ?? profileOfFile(settings, choice) ?? 'default'
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new CommandError(
      'invalid_input',
      `a profile's name holds only letters, digits, _ and -, was ${JSON.stringify(name)}`,
      { unchanged: 'Nothing was touched.', next: 'Name the profile with --profile.' },
    )
  }
  return { name, profile: Object.hasOwn(settings.profiles, name) ? settings.profiles[name]! : {} }
}

/**
 * Checks a profile that was named on the command line.
 *
 * @param name the value of `--profile`
 * @param settings with the configured profiles; where there are none, any name will do
 * @throws CommandError `invalid_input` when profiles are configured and this is none of them
 */
export function checkProfile(name: string, { profiles, configFile }: Settings): void {
  const names = Object.keys(profiles)
  if (names.length === 0 || names.includes(name)) return
  throw new CommandError(
    'invalid_input',
    `${configFile ?? 'the configuration'} has no profile ${JSON.stringify(name)}; it has ${names.join(', ')}`,
    {
      unchanged: 'Nothing was touched.',
      next: 'Name one of them with --profile, or leave it out.',
    },
  )
}

function profileOfFile(
  settings: Settings,
  choice: { candidates?: string | undefined; cwd: string },
): string | undefined {
  if (choice.candidates === undefined) return undefined
  const file = resolve(choice.cwd, choice.candidates)
  const names = Object.entries(settings.profiles)
    .filter(([, profile]) => profile.candidates === file)
    .map(([name]) => name)
  if (names.length > 1) {
    throw new CommandError(
      'invalid_input',
      `the profiles ${names.join(', ')} all name the candidates file ${file}`,
      { unchanged: 'Nothing was touched.', next: 'Choose one with --profile.' },
    )
  }
  return names[0] ?? basename(file, extname(file)).replaceAll(/[^A-Za-z0-9_-]+/g, '-')
}

async function readConfig(file: string): Promise<z.infer<typeof configSchema> | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  let content: unknown
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw badConfig(file, (error as Error).message, error)
  }
  const checked = configSchema.safeParse(content)
  if (!checked.success) {
    const reasons = checked.error.issues.map((issue) => {
      const place = issue.path.join('.')
      return place === '' ? issue.message : `${place}: ${issue.message}`
    })
    throw badConfig(file, reasons.join('; '), checked.error)
  }
  return checked.data
}

function badConfig(file: string, reason: string, cause: unknown): CommandError {
  return new CommandError('invalid_config', `the configuration ${file} cannot be used: ${reason}`, {
    cause,
    unchanged: 'Nothing was touched.',
    next: 'Correct the file or move it away.',
  })
}

function location(text: string, cwd: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 's3' || scheme === 'file') return text
  if (scheme === undefined && text !== '') return resolve(cwd, text)
  throw new CommandError(
    'invalid_config',
    `a lakehouse is a path, a file:// or an s3:// URI, was ${JSON.stringify(text)}`,
    { unchanged: 'Nothing was touched.' },
  )
}

// `policy` is a name as often as a file, so whoever reads it decides; the others are always files.
function withAbsolutePaths(profile: Profile, folder: string): Profile {
  const paths: Profile = {}
  for (const key of ['candidates', 'output', 'strategy'] as const) {
    const path = profile[key]
    if (path !== undefined) paths[key] = resolve(folder, path)
  }
  return { ...profile, ...paths }
}

/**
 * Names the folder of a run.
 *
 * @param settings with the folder of all runs
 * @param runId a checked run id
 * @returns absolute path
 */
export function runFolder(settings: Settings, runId: string): string {
  return join(settings.runs, runId)
}
