/**
 * Tells whether a parsed JSON value is an object, so neither a list nor null.
 *
 * @param value what JSON.parse gave
 * @returns true when its fields can be read by name
 */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
