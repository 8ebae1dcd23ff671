export { writeArtefact } from './artefact.ts'
export { checkInput, CommandError, type CommandErrorOptions } from './command-error.ts'
export { EXIT, exitCodeFor, type ExitCode } from './exit-codes.ts'
export { describeFailure, reportFailure, type Failure } from './failure.ts'
export { readInputFile, type InputFile } from './input-file.ts'
export { listenForInterrupt, type Interrupt, type SignalSource } from './interrupt.ts'
export type { Io, OutputStream } from './io.ts'
export { createOutput, type Output, type OutputOptions } from './output.ts'
export { ioOf, type ProcessLike } from './process-io.ts'
export {
  createProgram,
  openCommand,
  runProgram,
  withCommonOptions,
  type CommonOptions,
} from './program.ts'
export { createProgress, silentProgress, type Progress } from './progress.ts'
export { checkRunId, chooseRunId, newRunId } from './run-id.ts'
export {
  chooseProfile,
  resolveSettings,
  runFolder,
  type ChosenProfile,
  type Profile,
  type SettingFlags,
  type Settings,
} from './settings.ts'
export {
  explainStorageFailure,
  mayHaveCommitted,
  type StorageFailureText,
} from './storage-failure.ts'
export { formatCount, formatTable, type TableColumn } from './table.ts'
export { formatTime, parseTime } from './time.ts'
