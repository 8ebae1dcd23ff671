import type { Answer } from './answer.ts'
import { HUGE } from './disturb.ts'

/** An answer as bytes. */
export interface Written {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * Writes an answer.
 *
 * @param answer to be written
 * @param options `turned`: whether the keys come in the other order; `exponents`: whether numbers are written like `9e-02`;
 *   `time`: the server's clock, Unix seconds, for `scan2`
 */
export function writeAnswer(
  answer: Answer,
  options: { turned: boolean; exponents: boolean; time: number },
): Written {
  if (answer.kind === 'text') {
    const contentType = answer.body.startsWith('<') ? 'text/html' : 'text/plain'
    return { status: answer.status, contentType, body: answer.body }
  }
  const json = answer.kind === 'json' ? answer.body : rowsBody(answer, options)
  let body = JSON.stringify(json)
  body = body.replaceAll(JSON.stringify(HUGE), '1e999')
  // The captured forms: a mantissa in full and two digits of exponent.
  if (options.exponents) {
    body = body.replace(/(?<=[[,:])-?\d+(?:\.\d+)?(?=[,\]}])/g, (digits) =>
      Number(digits)
        .toExponential()
        .replace(/e([+-])(\d)$/, 'e$10$2'),
    )
  }
  const status = answer.kind === 'json' ? answer.status : 200
  return { status, contentType: 'application/json', body }
}

function rowsBody(
  answer: Extract<Answer, { kind: 'rows' }>,
  { turned, time }: { turned: boolean; time: number },
): unknown {
  const { totalCount, columns } = answer
  if (answer.form === 'scan') {
    const data = answer.rows.map(({ symbol, cells }) => ({ s: symbol, d: cells }))
    return turned ? { data, totalCount } : { totalCount, data }
  }
  // The real one gives its fields in an order of its own.
  const symbols = answer.rows.map(({ symbol, cells }) => ({ s: symbol, f: cells.toReversed() }))
  return {
    totalCount,
    fields: columns.toReversed(),
    ...(symbols.length > 0 && { symbols }),
    time: new Date(time * 1000).toISOString().replace('.000Z', 'Z'),
  }
}
