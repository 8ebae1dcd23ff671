import type { ReadPlan } from '../read-plan.ts'
import type { WorkerContext, WriteTarget, WrittenFile } from './context.ts'

/** Reads the rows of a plan and writes them as one file. */
export async function rewriteFile(
  args: { readonly plan: ReadPlan; readonly target: WriteTarget },
  context: WorkerContext,
): Promise<WrittenFile | null> {
  const { rows } = await context.readRows(args.plan)
  return await context.writeRows(args.target, rows)
}
