/** The machine that a ledger takes for granted where its options name no other. */
export const surroundings: {
  readonly clock: () => number
  readonly random: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
  /** Version of Node. */
  readonly node: string
} = {
  clock: Date.now,
  random: Math.random,
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds)
    }),
  node: process.version,
}
