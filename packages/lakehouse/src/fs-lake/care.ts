import { type Command, countFlag, textFlag, usageError } from './command.ts'

/** `fs-lake vacuum`: removes what no retained version needs. */
export const VACUUM: Command = {
  usage: 'TABLE [--delete] [--retention HOURS] [--keep-version N]… [--force]',
  summary: 'what no retained version needs; only --delete removes it',
  example: 'fs-lake vacuum features/local_1d --delete',
  operands: ['TABLE'],
  options: {
    delete: { type: 'boolean' },
    force: { type: 'boolean' },
    retention: { type: 'string' },
    'keep-version': { type: 'string', multiple: true },
  },
  async run({ lake, flags, operands: [name = ''] }) {
    const hours = countFlag(flags, 'retention')
    const kept = (flags['keep-version'] as readonly string[] | undefined) ?? []
    const isDryRun = flags['delete'] !== true
    const plan = await lake.table(name).vacuum({
      dryRun: isDryRun,
      force: flags['force'] === true,
      ...(hours !== undefined && { retentionMs: hours * 3_600_000 }),
      pinnedVersions: kept.map((text) => countFlag({ 'keep-version': text }, 'keep-version')!),
    })
    const files = [...plan.dataFiles, ...plan.temporaryFiles, ...plan.logFiles]
    return {
      value: {
        table: name,
        deleted: !isDryRun,
        data_files: plan.dataFiles.map((file) => file.path),
        temporary_files: plan.temporaryFiles.map((file) => file.path),
        log_files: plan.logFiles.map((file) => file.path),
        bytes: plan.sizeBytes,
        oldest_readable_version: plan.oldestReadableVersion,
      },
      text: () =>
        [
          ...files.map((file) => file.path),
          `${files.length} files, ${plan.sizeBytes} bytes ${isDryRun ? 'would be removed; nothing was (--delete removes them)' : 'removed'}. Readable from version ${plan.oldestReadableVersion ?? 'none: files of the newest are missing'}`,
        ].join('\n'),
    }
  },
}

/** `fs-lake compact`: rewrites small files into few. */
export const COMPACT: Command = {
  usage: 'TABLE [--dry-run] [--run-id ID]',
  summary: 'rewrites small files, and those that share symbols, into few; rows stay as they are',
  example: 'fs-lake compact bars_1d',
  operands: ['TABLE'],
  options: { 'dry-run': { type: 'boolean' }, 'run-id': { type: 'string' } },
  async run({ lake, io, flags, operands: [name = ''] }) {
    const isDryRun = flags['dry-run'] === true
    const runId = textFlag(flags, 'run-id') ?? `compact-${io.now()}`
    if (!/^[A-Za-z0-9_-]+$/.test(runId)) {
      throw usageError(`--run-id must be letters, digits, _ and -, was '${runId}'`)
    }
    const { version, filesBefore, filesAfter, rows, leftOut } = await lake
      .table(name)
      .compact({ runId, dryRun: isDryRun })
    return {
      value: {
        table: name,
        version,
        run_id: runId,
        files_before: filesBefore,
        files_after: filesAfter,
        rows,
        left_out: leftOut,
      },
      text: () =>
        [
          `${name}: ${filesBefore} files ${isDryRun ? 'would become' : 'became'} ${filesAfter}, ${rows} rows${version === null ? '; nothing was committed' : `, version ${version}`}`,
          ...leftOut.map((path) => `left as it is, as another writer changed it: ${path}`),
        ].join('\n'),
    }
  },
}
