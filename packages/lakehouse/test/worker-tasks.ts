import { setTimeout as delay } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import { LakehouseError } from '../src/index.ts'

// Tasks that the tests of the pool run in worker threads.

export async function echo(value: unknown): Promise<unknown> {
  return value
}

export async function thread(milliseconds: number): Promise<number> {
  await delay(milliseconds)
  return threadId
}

export async function refuse(): Promise<never> {
  throw new LakehouseError('no_space', 'there is no room', { evidence: { file: 'a' } })
}

export async function blunder(): Promise<never> {
  throw new TypeError('this is not a function')
}

export async function throwText(): Promise<never> {
  // oxlint-disable-next-line typescript/only-throw-error -- what a careless task may do
  throw 'just text'
}

export async function die(): Promise<void> {
  process.exit(7)
}

export async function crashLater(): Promise<void> {
  setImmediate(() => {
    throw new Error('out of the blue')
  })
  await delay(10_000)
}

export async function uncloneable(): Promise<unknown> {
  return { call: () => 1 }
}

export async function stay(): Promise<void> {
  await delay(60_000)
}

export const notATask = 1
