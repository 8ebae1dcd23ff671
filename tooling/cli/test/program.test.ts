import { expect, test } from 'vitest'
import {
  CommandError,
  createProgram,
  openCommand,
  runProgram,
  withCommonOptions,
  type CommonOptions,
  type ExitCode,
} from '../src/index.ts'
import { createTestIo, type TestIo } from '../src/testing.ts'

function run(io: TestIo) {
  return runProgram((setExitCode) => {
    const program = createProgram({ name: 'fs-demo', description: 'Shows.', version: '1.2.3' }, io)
    withCommonOptions(
      program.command('check').description('Checks.').argument('[verdict]'),
      'fs-demo check 0',
    ).action(async (verdict: string | undefined, options: CommonOptions) => {
      const { settings, output } = await openCommand(options, io)
      if (verdict === 'bad') throw new CommandError('corrupt_file', 'a is damaged')
      output.result({ lakehouse: settings.lakehouse }, () => settings.lakehouse)
      setExitCode(Number(verdict ?? 0) as ExitCode)
    })
    return program
  }, io)
}

test('an action gets its settings and says its verdict', async () => {
  const io = createTestIo({ argv: ['check', '1', '--lakehouse', 's3://b/l', '--json'] })
  expect(await run(io)).toBe(1)
  expect(JSON.parse(io.out())).toEqual({ lakehouse: 's3://b/l' })
  expect(await run(createTestIo({ argv: ['check', '--quiet', '--no-color'] }))).toBe(0)
})

test('a failing action ends with the exit code of its failure', async () => {
  const io = createTestIo({ argv: ['check', 'bad'] })
  expect(await run(io)).toBe(3)
  expect(io.err()).toBe('error: a is damaged\n')
})

test.each([[['--help']], [['check', '--help']], [['--version']], [['help', 'check']]])(
  '%j ends with 0 and goes to stdout',
  async (argv) => {
    const io = createTestIo({ argv })
    expect(await run(io)).toBe(0)
    expect(io.out()).not.toBe('')
    expect(io.err()).toBe('')
  },
)

test('the help of a command ends with its example', async () => {
  const io = createTestIo({ argv: ['check', '--help'] })
  await run(io)
  expect(io.out().trimEnd().endsWith('Example:\n  fs-demo check 0')).toBe(true)
})

test.each([
  [[]],
  [['chekc']],
  [['check', '--no-such']],
  [['check', '--runs']],
  [['check', 'a', 'b']],
])('the usage %j ends with 2 and is explained on stderr', async (argv) => {
  const io = createTestIo({ argv })
  expect(await run(io)).toBe(2)
  expect(io.out()).toBe('')
  expect(io.err()).not.toBe('')
})

test('a usage error is one JSON object with --json', async () => {
  const io = createTestIo({ argv: ['check', '--no-such', '--json'] })
  expect(await run(io)).toBe(2)
  expect(JSON.parse(io.out())).toMatchObject({
    error: { code: 'usage', exit_code: 2, message: "unknown option '--no-such'" },
  })
})
