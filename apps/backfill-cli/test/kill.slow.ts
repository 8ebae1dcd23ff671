import { test } from 'vitest'
import { killRounds } from './kill-rounds.ts'

const ROUNDS = Number(process.env['FS_KILL_ROUNDS'] ?? 100)

test(
  `kill -9 at ${ROUNDS} random moments leaves the store as it was or complete`,
  async () => {
    await killRounds(ROUNDS)
  },
  ROUNDS * 10_000,
)
