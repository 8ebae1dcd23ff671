import { type Columns } from '../src/index.ts'
import type { WorkerContext, WriteTarget, WrittenFile } from '../src/index.ts'

/** Writes rows as they are, so that tests can hold rows that no writer of ours would add. */
export async function writeFile(
  args: { readonly target: WriteTarget; readonly rows: Columns },
  context: WorkerContext,
): Promise<WrittenFile | null> {
  return await context.writeRows(args.target, args.rows)
}
