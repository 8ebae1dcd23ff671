import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openLakehouse, type WorkerPool } from '../src/index.ts'
import { temporaryFolder } from './temporary-lake.ts'

const TASKS = new URL('./worker-tasks.ts', import.meta.url)

function pool(size = 1): WorkerPool {
  const lake = openLakehouse('nowhere', { workers: size })
  onTestFinished(() => lake.close())
  return lake.workers
}

// One pool must outlive all that goes wrong below.
const { workers: survivor } = openLakehouse('nowhere', { workers: 1 })

test('a task gets its arguments and gives its result, both copied', async () => {
  const workers = survivor
  const value = { list: [1, 'a', null], map: new Map([['k', Float64Array.of(1, Number.NaN)]]) }
  expect(await workers.run(TASKS, 'echo', value)).toEqual(value)
  expect(value.map.get('k')!.length, 'the argument was not taken away').toBe(2)
})

test.for([
  [
    'refuse',
    {
      name: 'LakehouseError',
      code: 'no_space',
      message: 'there is no room',
      evidence: { file: 'a' },
    },
  ],
  ['blunder', { message: 'this is not a function' }],
  ['throwText', { message: 'just text' }],
  ['absent', { name: 'RangeError', message: expect.stringContaining("no function 'absent'") }],
  ['notATask', { name: 'RangeError' }],
  ['uncloneable', { message: expect.stringContaining('could not be cloned') }],
  ['die', { code: 'corrupt_file', message: expect.stringContaining("'die'") }],
  ['crashLater', { message: 'out of the blue' }],
] as const)('the task %s fails by itself: the next one runs', async ([name, error]) => {
  const workers = survivor
  await expect(workers.run(TASKS, name, null)).rejects.toMatchObject(error)
  expect(await workers.run(TASKS, 'echo', 'well')).toBe('well')
})

test('a module that does not exist is an error', async () => {
  const nowhere = new URL('./no-such-module.ts', import.meta.url)
  await expect(survivor.run(nowhere, 'echo', null)).rejects.toThrow('no-such-module')
})

test('an error of a task does not cost its thread', async () => {
  const workers = survivor
  const before = await workers.run(TASKS, 'thread', 0)
  await expect(workers.run(TASKS, 'refuse', null)).rejects.toThrow()
  expect(await workers.run(TASKS, 'thread', 0)).toBe(before)
})

test('tasks share the threads, and more tasks than threads wait', async () => {
  const workers = pool(2)
  const threads = await Promise.all(
    Array.from({ length: 6 }, () => workers.run<number>(TASKS, 'thread', 20)),
  )
  expect(new Set(threads).size).toBe(2)
})

test('closing ends tasks under way and tasks that wait, and refuses later ones', async () => {
  const workers = pool()
  const running = workers.run(TASKS, 'stay', null)
  const waiting = workers.run(TASKS, 'echo', 1)
  const outcomes = Promise.allSettled([running, waiting])
  await workers.close()
  await workers.close()
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } })
  }
  await expect(workers.run(TASKS, 'echo', 1)).rejects.toMatchObject({ code: 'aborted' })
})

test.for([0, -1, 1.5, Number.NaN])('%d threads are refused', (workers) => {
  expect(() => openLakehouse('nowhere', { workers })).toThrow(RangeError)
})

test('a program that never closes its lakehouse ends all the same', async () => {
  const folder = await temporaryFolder()
  const program = `
    import { openLakehouse } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const lake = openLakehouse(${JSON.stringify(folder)}, { workers: 2 })
    console.log(await lake.workers.run(new URL(${JSON.stringify(TASKS.href)}), 'echo', 'done'))
  `
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@fs/source', '--input-type=module-typescript', '--eval', program],
    { cwd: join(import.meta.dirname, '..'), timeout: 20_000 },
  )
  expect(stdout).toBe('done\n')
})
