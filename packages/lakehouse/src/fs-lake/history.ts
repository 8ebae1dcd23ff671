import { schemaFields } from '../delta/metadata.ts'
import { type Command, countFlag, formatColumns, formatTime, usageError } from './command.ts'

/** `fs-lake versions`: the log of a table. */
export const VERSIONS: Command = {
  usage: 'TABLE',
  summary: 'the versions of a table, oldest first',
  example: 'fs-lake versions features/local_1d',
  operands: ['TABLE'],
  options: {},
  async run({ lake, operands: [name = ''] }) {
    const commits = await lake.table(name).versions()
    return {
      value: {
        table: name,
        versions: commits.map((commit) => ({
          version: commit.version,
          committed_at: commit.timestampMs / 1000,
          operation: commit.operation,
          run_id: commit.runId,
          files_added: commit.filesAdded,
          files_removed: commit.filesRemoved,
          rows_added: commit.rowsAdded,
          rows_removed: commit.rowsRemoved,
        })),
      },
      text: () =>
        formatColumns([
          ['version', 'committed', 'operation', 'run', 'files', 'rows'],
          ...commits.map((commit) => [
            commit.version,
            formatTime(Math.floor(commit.timestampMs / 1000)),
            commit.operation ?? '',
            commit.runId ?? '',
            change(commit.filesAdded, commit.filesRemoved),
            change(commit.rowsAdded, commit.rowsRemoved),
          ]),
        ]),
    }
  },
}

function change(added: number | null, removed: number | null): string {
  const parts = [
    added === null ? '+?' : added > 0 ? `+${added}` : '',
    removed === null ? '-?' : removed > 0 ? `-${removed}` : '',
  ]
  return parts.filter((part) => part !== '').join(' ') || '0'
}

/** `fs-lake diff`: what changed in a table between two versions. */
export const DIFF: Command = {
  usage: 'TABLE V1 V2',
  summary: 'what changed between two versions: runs, files, columns, rows of each symbol',
  example: 'fs-lake diff features/local_1d 3 5',
  operands: ['TABLE', 'V1', 'V2'],
  options: {},
  async run({ lake, operands: [name = '', ...given] }) {
    const [from, to] = given.map((text) => countFlag({ version: text }, 'version')!)
    if (from! > to!) throw usageError(`V1 must not be after V2, was ${from} and ${to}`)
    const table = lake.table(name)
    const [before, after] = [(await table.state(from))!, (await table.state(to))!]
    const paths = new Set(before.files.map((file) => file.path))
    const kept = new Set(after.files.map((file) => file.path))
    const changed = { ...after, files: after.files.filter((file) => !paths.has(file.path)) }
    const gone = { ...before, files: before.files.filter((file) => !kept.has(file.path)) }
    // Only files that differ are looked into: what they share has not changed.
    const rows = new Map<string, number>()
    for (const [symbol, count] of await table.symbols(changed)) rows.set(symbol, count)
    for (const [symbol, count] of await table.symbols(gone)) {
      rows.set(symbol, (rows.get(symbol) ?? 0) - count)
    }
    const columns = schemaFields(after.metaData)
      .map((field) => field.name)
      .filter((column) => !schemaFields(before.metaData).some((field) => field.name === column))
    const commits = after.commits.filter(({ version }) => version > from!)
    const symbols = [...rows].filter(([, count]) => count !== 0)
    const value = {
      table: name,
      from,
      to,
      runs: commits.map(({ version, operation, runId }) => ({ version, operation, run_id: runId })),
      files_added: changed.files.length,
      files_removed: gone.files.length,
      columns_added: columns,
      rows: Object.fromEntries(symbols),
    }
    return {
      value,
      text: () =>
        [
          `${name} from version ${from} to ${to}: files +${value.files_added} -${value.files_removed}, rows ${symbols.reduce((sum, [, count]) => sum + count, 0)} in ${symbols.length} symbols`,
          ...(columns.length > 0 ? [`new columns: ${columns.join(', ')}`] : []),
          ...commits.map(
            (commit) =>
              `version ${commit.version}: ${commit.operation ?? '?'} by ${commit.runId ?? 'unknown'}`,
          ),
          formatColumns(
            symbols.map(([symbol, count]) => [symbol, count > 0 ? `+${count}` : count]),
          ),
        ].join('\n'),
    }
  },
}
