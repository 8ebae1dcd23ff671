import { z } from 'zod'

/** A column that a market has. */
export interface MetaField {
  /** `number`, `text`, `price`, `bool`, `set`, … */
  readonly type: string
  /** Values that the column can have, where the scanner lists them. */
  readonly values: unknown
}

/** The columns of a market. */
export interface MetaInfo {
  readonly market: string
  /** By name, suffix included. */
  readonly fields: ReadonlyMap<string, MetaField>
}

const schema = z.looseObject({
  fields: z.array(
    z.looseObject({ n: z.string(), t: z.string().nullish(), r: z.unknown().optional() }),
  ),
})

/**
 * Reads the JSON of a market's metainfo.
 *
 * @param json parsed body
 * @param market its name
 * @returns the columns, or `undefined` when the JSON is something else
 */
export function decodeMetaInfo(json: unknown, market: string): MetaInfo | undefined {
  const { data: body } = schema.safeParse(json)
  if (body === undefined) return undefined
  const fields = body.fields.map(
    ({ n: name, t: type, r: values }) =>
      [name, { type: type ?? '', values: values ?? null }] as const,
  )
  return { market, fields: new Map(fields) }
}
