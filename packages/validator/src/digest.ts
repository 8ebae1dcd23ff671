/**
 * Writes plain data as canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space.
 *
 * @param value data as `JSON.parse` makes it; members that are `undefined` are left out
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`
}

/**
 * Hashes plain data. Written out because this package may not import the platform's hashing, and only for settings: a few
 * kilobytes, once a report.
 *
 * @returns SHA-256 of the canonical JSON, hexadecimal
 * @see FIPS 180-4, section 6.2
 */
export function digestOf(value: unknown): string {
  const bytes = new TextEncoder().encode(canonicalJson(value))
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)

  const { initial, rounds } = (constants ??= deriveConstants())
  const hash = Uint32Array.from(initial)
  const schedule = new Uint32Array(64)
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(block + 4 * i)
    for (let i = 16; i < 64; i++) {
      const early = schedule[i - 15]!
      const late = schedule[i - 2]!
      const mixed =
        (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
        (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))
      schedule[i] = schedule[i - 16]! + schedule[i - 7]! + mixed
    }
    let [a, b, c, d, e, f, g, h] = hash as unknown as Eight
    for (let i = 0; i < 64; i++) {
      const spread = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const first = (h + spread + ((e & f) ^ (~e & g)) + rounds[i]! + schedule[i]!) | 0
      const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i] = hash[i]! + word
  }
  return Array.from(hash, (word) => word.toString(16).padStart(8, '0')).join('')
}

type Eight = [number, number, number, number, number, number, number, number]

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

// First 32 bits of the fractional parts of the square roots of the first 8 primes and the cube roots of the first 64.
let constants: Constants | undefined

interface Constants {
  readonly initial: readonly number[]
  readonly rounds: readonly number[]
}

function deriveConstants(): Constants {
  const primes: bigint[] = []
  for (let candidate = 2n; primes.length < 64; candidate += 1n) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate)
  }
  const fraction = (prime: bigint, power: bigint): number => {
    const scaled = prime << (32n * power)
    let low = 0n
    let high = scaled
    while (low < high) {
      const middle = (low + high + 1n) / 2n
      if (middle ** power <= scaled) low = middle
      else high = middle - 1n
    }
    return Number(low & 0xffffffffn)
  }
  return {
    initial: primes.slice(0, 8).map((prime) => fraction(prime, 2n)),
    rounds: primes.map((prime) => fraction(prime, 3n)),
  }
}
