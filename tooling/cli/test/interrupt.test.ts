import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { ioOf, listenForInterrupt } from '../src/index.ts'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  readonly argv = ['node', 'main.ts', 'bars']
  readonly env = {}
  readonly stdout = Object.assign(new EventEmitter(), { write: () => true })
  readonly stderr = Object.assign(new EventEmitter(), { write: () => true })
  cwd() {
    return '/here'
  }
  exit(code: number) {
    this.exits.push(code)
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)('the first %s aborts, the second ends with 5', (name) => {
  const source = new FakeProcess()
  const { signal } = listenForInterrupt(source)
  expect(signal.aborted).toBe(false)
  source.emit(name)
  expect(signal.aborted).toBe(true)
  expect(source.exits).toEqual([])
  source.emit('SIGINT')
  expect(source.exits).toEqual([5])
})

test('after stop an interrupt is not ours', () => {
  const source = new FakeProcess()
  const interrupt = listenForInterrupt(source)
  interrupt.stop()
  source.emit('SIGINT')
  expect(interrupt.signal.aborted).toBe(false)
})

test('the process is taken apart, and a reader that goes away is no error', () => {
  const source = new FakeProcess()
  const io = ioOf(source)
  expect(io.argv).toEqual(['bars'])
  expect(io.cwd).toBe('/here')
  source.stdout.emit('error', Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
  expect(() => source.stdout.emit('error', new Error('other'))).toThrow('other')
})
