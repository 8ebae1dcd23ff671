import type { Check, CheckInfo } from './check.ts'
import { compositionCheck, formulaCheck } from './checks/composition.ts'
import { inputCheck } from './checks/input.ts'
import { keyCheck } from './checks/key.ts'
import { knowledgeCheck } from './checks/knowledge.ts'
import { boundsCheck, infinityCheck } from './checks/range.ts'
import { columnOrderCheck, requiredColumnsCheck, typesCheck } from './checks/schema.ts'
import { densityCheck, earlyValueCheck, emptySeriesCheck, lagCheck } from './checks/series.ts'

/** Every check with its code, by id. */
export const IMPLEMENTED: readonly Check[] = [
  compositionCheck,
  formulaCheck,
  lagCheck,
  inputCheck,
  keyCheck,
  densityCheck,
  emptySeriesCheck,
  earlyValueCheck,
  knowledgeCheck,
  boundsCheck,
  infinityCheck,
  requiredColumnsCheck,
  typesCheck,
  columnOrderCheck,
]

/** What is published about each check, by id. Taken from the code that runs, so none is listed that does not. */
export const CHECKS: readonly CheckInfo[] = IMPLEMENTED.map(
  ({ id, title, severity, fixed, grain, waivable, thresholds }) => ({
    id,
    title,
    severity,
    fixed,
    grain,
    waivable,
    thresholds,
  }),
)
