/** A stream of pseudo-random numbers that is the same on every platform. */
export interface Random {
  /** Draws a number strictly between 0 and 1, a multiple of 2⁻³³. */
  uniform(): number
  /** Draws an integer from `lowest` to `highest`, both included. */
  integer(lowest: number, highest: number): number
  /** Draws from the standard normal distribution. */
  normal(): number
}

/**
 * Opens the stream with a name made of integers: the generator sfc32, keyed by a multiply-xorshift mix of the name.
 *
 * @param name integers, such as the seed and the number of a symbol; other names give unrelated streams
 * @returns the stream at its beginning
 * @see Leva, "A fast normal random number generator", ACM TOMS 18 (1992), for the normal sampler
 */
export function createRandom(...name: readonly number[]): Random {
  let state = 0x9e3779b9
  const key = (word: number): number => {
    state = Math.imul(state ^ word, 0x85ebca6b)
    state = Math.imul(state ^ (state >>> 15), 0xc2b2ae35)
    state ^= state >>> 16
    return state
  }
  for (const part of name) {
    key(part | 0)
    key(Math.floor(part / 2 ** 32))
  }
  let a = key(1)
  let b = key(2)
  let c = key(3)
  let counter = 1

  const uint32 = (): number => {
    const output = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + output) | 0
    return output >>> 0
  }
  for (let round = 0; round < 15; round++) uint32()

  const uniform = (): number => (uint32() + 0.5) / 2 ** 32

  return {
    uniform,
    integer: (lowest, highest) => lowest + Math.floor(uniform() * (highest - lowest + 1)),
    normal: () => {
      // A quotient of uniforms. The logarithm, whose last bit may differ between platforms, only decides in a thin band
      // whether the quotient is taken; it never enters the value.
      for (;;) {
        const u = uniform()
        const v = 1.7156 * (uniform() - 0.5)
        const x = u - 0.449871
        const y = Math.abs(v) + 0.386595
        const q = x * x + y * (0.196 * y - 0.25472 * x)
        if (q < 0.27597 || (q < 0.27846 && v * v < -4 * Math.log(u) * u * u)) return v / u
      }
    },
  }
}
