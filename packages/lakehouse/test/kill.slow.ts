import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkTable, startWriter, type Acknowledged } from './writer-check.ts'

const ROUNDS = 200
const AT_ONCE = 2

test(`${ROUNDS} writers killed at random times: every acknowledged commit is readable`, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'fs-kill-'))
  try {
    const acknowledged: Acknowledged[] = []
    let killed = 0
    for (let round = 0; round < ROUNDS; round += AT_ONCE) {
      const ended = Array.from({ length: AT_ONCE }, async (_, index) => {
        const writer = startWriter(folder, `r${round + index}`, 1000)
        const timer = setTimeout(() => writer.child.kill('SIGKILL'), 60 + Math.random() * 200)
        acknowledged.push(...(await writer.ended))
        clearTimeout(timer)
        if (writer.child.signalCode === 'SIGKILL') killed++
      })
      await Promise.all(ended)
      if (round % 20 === 0 && acknowledged.length > 0) await checkTable(folder, acknowledged)
    }
    const { versions, files } = await checkTable(folder, acknowledged)
    expect(killed).toBe(ROUNDS)
    expect(acknowledged.length, 'the rounds were long enough to commit').toBeGreaterThan(ROUNDS)
    await context.annotate(
      `${killed} killed, ${acknowledged.length} commits acknowledged, ${versions} versions, ${files} data files`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
