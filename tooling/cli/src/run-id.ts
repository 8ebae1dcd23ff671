import { basename, dirname, resolve } from 'node:path'
import { CommandError } from './command-error.ts'

const RUN_ID = /^[A-Za-z0-9_-]+$/

/**
 * Checks a run id: it becomes the name of a folder and part of file names.
 *
 * @param text letters, digits, `_` and `-`
 * @returns the same text
 * @throws CommandError `invalid_input` naming the text
 */
export function checkRunId(text: string): string {
  if (RUN_ID.test(text)) return text
  throw new CommandError(
    'invalid_input',
    `a run id holds only letters, digits, _ and -, was ${JSON.stringify(text)}`,
    { unchanged: 'Nothing was touched.' },
  )
}

/**
 * Makes a new run id that sorts by time: `20261120T110612345Z-k3x9w2`.
 *
 * @param now Unix seconds with fractions
 * @param random from 0 up to 1, keeps two runs of one millisecond apart
 * @returns the id
 */
export function newRunId(now: number, random: () => number): string {
  const time = new Date(Math.floor(now * 1000)).toISOString().replaceAll(/[-:.]/g, '')
  const tail = Array.from({ length: 6 }, () => Math.floor(random() * 36).toString(36)).join('')
  return `${time}-${tail}`
}

/**
 * Chooses the id of a run: the given one, else the folder of `<runs>/<ID>/candidates.json`, else a new one.
 *
 * @param choice `given`: `--run-id`; `candidates`: path of the candidates file; `runs`: folder of all runs; `cwd`, `now`,
 *   `random` of the process
 * @returns the run id
 * @throws CommandError `invalid_input` when the given id is none
 */
export function chooseRunId(choice: {
  given?: string | undefined
  candidates?: string | undefined
  runs: string
  cwd: string
  now: () => number
  random: () => number
}): string {
  if (choice.given !== undefined) return checkRunId(choice.given)
  if (choice.candidates !== undefined) {
    const file = resolve(choice.cwd, choice.candidates)
    const folder = dirname(file)
    if (
      basename(file) === 'candidates.json' &&
      dirname(folder) === resolve(choice.cwd, choice.runs)
    ) {
      return checkRunId(basename(folder))
    }
  }
  return newRunId(choice.now(), choice.random)
}
