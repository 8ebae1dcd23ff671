import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Simulator } from '../src/index.ts'
import { createProgram } from '../src/program.ts'

async function run(...args: string[]): Promise<{ simulator: Simulator; said: string }> {
  let said = ''
  let simulator: Simulator | undefined
  await createProgram(
    (text) => (said += text),
    (started) => (simulator = started),
  ).parseAsync(args, { from: 'user' })
  const started = simulator!
  onTestFinished(() => started.close())
  return { simulator: started, said }
}

test('the program serves a generated market and says where', async () => {
  const { simulator, said } = await run('--symbols', '5', '--bars', '30')
  expect(said).toBe(`5 symbols at ${simulator.url}\n`)
  const response = await fetch(`${simulator.url}/global/scan`, {
    method: 'POST',
    body: JSON.stringify({ columns: ['description', 'currency', 'close'], range: [0, 9] }),
  })
  expect(await response.json()).toMatchObject({ totalCount: 5 })
})

test('a script file says what goes wrong', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scanner-simulator-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const script = join(folder, 'script.json')
  await writeFile(script, JSON.stringify([{ fault: { kind: 'status', status: 503 } }]))
  const { simulator } = await run('--symbols', '2', '--bars', '5', '--script', script)
  expect((await fetch(`${simulator.url}/global/metainfo`)).status).toBe(503)
})
