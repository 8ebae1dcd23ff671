import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { digestTable, type DigestColumn } from '../src/index.ts'

const f64 = (...values: (number | null)[]): DigestColumn => ({ name: 'x', type: 'f64', values })

test('the bytes are those of the specification', () => {
  const head = '{"columns":[{"name":"x","type":"f64"}],"key":[]}'
  const bytes = Buffer.alloc(8 + 1 + 16)
  bytes.writeBigUInt64LE(2n, 0)
  bytes[8] = 0b01
  bytes.writeDoubleLE(1.5, 9)
  const expected = createHash('sha256').update(`tbl1\n${head}\n`).update(bytes).digest('hex')
  expect(digestTable([f64(1.5, null)], { key: [] })).toBe(expected)
})

test('null, NaN and the zeros are four different values', () => {
  const digests = [null, Number.NaN, 0, -0].map((value) => digestTable([f64(value)], { key: [] }))
  expect(new Set(digests).size).toBe(4)
  const quiet = new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)
  expect(digestTable([{ name: 'x', type: 'f64', values: quiet }], { key: [] })).toBe(digests[1])
})

test('the order of rows does not count with a unique key, and counts without one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.integer(), fc.double()), {
        selector: ([symbol, timestamp]) => `${symbol}\n${timestamp}`,
        maxLength: 30,
      }),
      fc.integer(),
      (rows, seed) => {
        const table = (each: typeof rows): DigestColumn[] => [
          { name: 'symbol', type: 'utf8', values: each.map(([symbol]) => symbol) },
          { name: 'timestamp', type: 'i64', values: each.map(([, timestamp]) => timestamp) },
          { name: 'value', type: 'f64', values: each.map(([, , value]) => value) },
        ]
        const shuffled = [...rows].sort((left, right) =>
          createHash('md5').update(`${seed}${left.join()}`).digest('hex') <
          createHash('md5').update(`${seed}${right.join()}`).digest('hex')
            ? -1
            : 1,
        )
        const key = ['symbol', 'timestamp']
        expect(digestTable(table(shuffled), { key })).toBe(digestTable(table(rows), { key }))
      },
    ),
  )
  expect(digestTable([f64(1, 2)], { key: [] })).not.toBe(digestTable([f64(2, 1)], { key: [] }))
})

test('the order of columns, their names and types count', () => {
  const a = { name: 'a', type: 'i64', values: [1] } as const
  const b = { name: 'b', type: 'i64', values: [1] } as const
  const digests = [[a, b], [b, a], [a], [{ ...a, type: 'f64' } as const]].map((columns) =>
    digestTable(columns, { key: [] }),
  )
  expect(new Set(digests).size).toBe(4)
  expect(digestTable([{ ...a, values: new BigInt64Array([1n]) }, b], { key: [] })).toBe(digests[0])
})

test('a table that crosses the chunk of the hash has one digest however its values are held', () => {
  const values = Float64Array.from({ length: 20_001 }, (_, row) => Math.sin(row))
  const held = digestTable([{ name: 'x', type: 'f64', values }], { key: [] })
  expect(digestTable([f64(...values)], { key: [] })).toBe(held)
  values[20_000] = 2
  expect(digestTable([{ name: 'x', type: 'f64', values }], { key: [] })).not.toBe(held)
})

test('what is no table is refused', () => {
  const i64 = (value: number | bigint): DigestColumn => ({
    name: 'i',
    type: 'i64',
    values: [value],
  })
  expect(() => digestTable([i64(1.5)], { key: [] })).toThrow(TypeError)
  expect(() => digestTable([i64(2 ** 53)], { key: [] })).toThrow(TypeError)
  expect(() => digestTable([i64(2n ** 63n)], { key: [] })).toThrow(TypeError)
  expect(() => digestTable([{ name: 's', type: 'utf8', values: ['\ud800'] }], { key: [] })).toThrow(
    TypeError,
  )
  expect(() =>
    digestTable([f64(1), { ...f64(1), name: 'y', values: [] } as DigestColumn], { key: [] }),
  ).toThrow('column y must have 1 rows, had 0')
  expect(() => digestTable([f64(1), f64(1)], { key: [] })).toThrow('different names')
  expect(() => digestTable([f64(1)], { key: ['z'] })).toThrow('no column z')
})
