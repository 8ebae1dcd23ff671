import { decodePath, inTable } from '../delta/layout.ts'
import { isLakehouseError } from '../errors.ts'
import type { Lakehouse } from '../lakehouse.ts'
import type { CheckedFile, FileToCheck } from '../workers/check-tasks.ts'
import type { Command } from './command.ts'

const TASKS = new URL(
  `../workers/check-tasks.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)
const LOG_FILE = /^(.+)\/_delta_log\/\d{20}\.(?:json|checkpoint(?:\.\d+\.\d+)?\.parquet)$/
const FILES_PER_TASK = 8

interface Problem {
  readonly file: string
  readonly problem: string
}

/** `fs-lake check`: whether every byte is as it was written. */
export const CHECK: Command = {
  usage: '[TABLE…]',
  summary: 'sizes, sha256 and checksums of all files, logs, and files that no table names',
  example: 'fs-lake check',
  operands: [],
  options: {},
  async run({ lake, operands }) {
    const entries = await lake.store.list('')
    const all = new Set(entries.flatMap(({ path }) => LOG_FILE.exec(path)?.[1] ?? []))
    const tables = operands.length > 0 ? operands : [...all]
    const problems: Problem[] = []
    const notices: Problem[] = []
    let files = 0
    let bytes = 0
    const note = (checked: readonly CheckedFile[]) => {
      for (const file of checked) {
        files += 1
        bytes += file.bytes
        if (file.problem !== null) problems.push({ file: file.path, problem: file.problem })
        else if (!file.hasChecksums) {
          notices.push({ file: file.path, problem: 'another program wrote it, without checksums' })
        }
      }
    }
    for (const name of tables) {
      try {
        const { named, live } = await readTable(lake, name)
        note(await checkAll(lake, live))
        for (const { path } of entries) {
          const inside = path.startsWith(`${name}/`) && path.endsWith('.parquet')
          const isLog = path.startsWith(`${name}/_delta_log/`)
          if (!inside || named.has(path) || (isLog && LOG_FILE.test(path))) continue
          notices.push({ file: path, problem: 'no version of the log that is left names it' })
        }
        const checkpoints = entries.filter(
          ({ path }) => path.startsWith(`${name}/_delta_log/`) && path.endsWith('.parquet'),
        )
        note(
          await checkAll(
            lake,
            checkpoints.map(({ path, size }) => ({ path, size })),
          ),
        )
      } catch (error) {
        if (!isLakehouseError(error, 'corrupt_log', 'corrupt_file', 'unsupported_feature'))
          throw error
        problems.push({
          file: String(error.evidence.file ?? `${name}/_delta_log`),
          problem: error.message,
        })
      }
    }
    if (operands.length === 0) {
      const matrices = entries.filter(({ path }) => /^[^/]*matrix[^/]*\.parquet$/.test(path))
      note(
        await checkAll(
          lake,
          matrices.map(({ path }) => ({ path })),
        ),
      )
    }
    return {
      value: { tables, files, bytes, problems, notices },
      text: () =>
        [
          ...problems.map(({ file, problem }) => `damaged: ${file}: ${problem}`),
          ...notices.map(({ file, problem }) => `notice: ${file}: ${problem}`),
          `${tables.length} tables, ${files} files, ${bytes} bytes: ${problems.length === 0 ? 'no damage' : `${problems.length} damaged; an older version may hold the same rows (fs-lake versions), else ingest them again`}`,
        ].join('\n'),
      exitCode: problems.length === 0 ? 0 : 3,
    }
  },
}

async function readTable(
  lake: Lakehouse,
  name: string,
): Promise<{ named: ReadonlySet<string>; live: readonly FileToCheck[] }> {
  const table = lake.table(name)
  const state = await table.state()
  // Says that there is no such table.
  if (state === null) await table.versions()
  const live = (state?.files ?? []).map((file) => ({
    path: inTable(name, decodePath(file.path)),
    size: file.size,
    sha256: file.tags?.['sha256'] ?? null,
  }))
  const removed = (state?.tombstones ?? []).map((file) => inTable(name, decodePath(file.path)))
  return { named: new Set([...live.map(({ path }) => path), ...removed]), live }
}

async function checkAll(
  lake: Lakehouse,
  files: readonly FileToCheck[],
): Promise<readonly CheckedFile[]> {
  const tasks: Promise<readonly CheckedFile[]>[] = []
  for (let at = 0; at < files.length; at += FILES_PER_TASK) {
    tasks.push(
      lake.workers.run(TASKS, 'checkFiles', {
        store: lake.store.uri,
        files: files.slice(at, at + FILES_PER_TASK),
      }),
    )
  }
  return (await Promise.all(tasks)).flat()
}
