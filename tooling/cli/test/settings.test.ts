import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseProfile, resolveSettings, runFolder } from '../src/index.ts'

let empty: string
let project: string

beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'fs-cli-'))
  project = await mkdtemp(join(tmpdir(), 'fs-cli-'))
  const config = {
    lakehouse: 's3://bucket/lake',
    runs: 'my-runs',
    scanner: 'http://127.0.0.1:9',
    profiles: {
      spot: { candidates: 'lists/spot.json', evidence: ['validation'], policy: 'strict' },
      twin_a: { candidates: 'lists/twin.json' },
      twin_b: { candidates: './lists/twin.json' },
    },
    ledger: { signing_key_file: 'key.txt', verifier_keys: ['k1'] },
  }
  await writeFile(join(project, 'fs.config.json'), JSON.stringify(config))
})

afterAll(async () => {
  await rm(empty, { recursive: true })
  await rm(project, { recursive: true })
})

async function refusal(config: string): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'fs-cli-'))
  await writeFile(join(folder, 'fs.config.json'), config)
  return resolveSettings({}, { env: {}, cwd: folder }).then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('without flag, environment and file the defaults lie under the working folder', async () => {
  expect(await resolveSettings({}, { env: {}, cwd: empty })).toEqual({
    lakehouse: join(empty, 'data/lakehouse'),
    runs: join(empty, 'data/runs'),
    profiles: {},
    ledger: { verifierKeys: [] },
  })
})

test('a flag wins over the environment, which wins over the file', async () => {
  const env = { FS_LAKEHOUSE: 'from-env', FS_RUNS: '' }
  const flagged = await resolveSettings({ lakehouse: 'from-flag' }, { env, cwd: project })
  expect(flagged.lakehouse).toBe(join(project, 'from-flag'))
  const fromEnv = await resolveSettings({}, { env, cwd: project })
  expect(fromEnv.lakehouse).toBe(join(project, 'from-env'))
  expect(fromEnv.runs, 'an empty variable counts as absent').toBe(join(project, 'my-runs'))
  const fromFile = await resolveSettings({}, { env: {}, cwd: project })
  expect(fromFile).toMatchObject({
    lakehouse: 's3://bucket/lake',
    scanner: 'http://127.0.0.1:9',
    ledger: { signingKeyFile: join(project, 'key.txt'), verifierKeys: ['k1'] },
    configFile: join(project, 'fs.config.json'),
  })
  expect(fromFile.profiles['spot']).toEqual({
    candidates: join(project, 'lists/spot.json'),
    evidence: ['validation'],
    policy: 'strict',
  })
  expect(runFolder(fromFile, 'r1')).toBe(join(project, 'my-runs', 'r1'))
})

test('a lakehouse under another scheme is refused', async () => {
  await expect(
    resolveSettings({ lakehouse: 'http://host/lake' }, { env: {}, cwd: empty }),
  ).rejects.toMatchObject({ code: 'invalid_config', exitCode: 2 })
  await expect(resolveSettings({ lakehouse: '' }, { env: {}, cwd: empty })).rejects.toMatchObject({
    code: 'invalid_config',
  })
})

test.each([
  ['{"lakehose":"x"}', 'lakehose'],
  ['{"profiles":{"spot":{"formulae":"x"}}}', 'formulae'],
  ['{"profiles":{"spot":{"evidence":["luck"]}}}', 'profiles.spot.evidence.0'],
  ['{"ledger":{"key":"x"}}', 'key'],
  ['{"runs":3}', 'runs'],
  ['[]', 'object'],
  ['{', 'JSON'],
])('the file %s is refused by name', async (config, name) => {
  expect(await refusal(config)).toMatchObject({
    code: 'invalid_config',
    exitCode: 2,
    message: expect.stringContaining(name),
  })
})

test('a profile is the given one, the one of the file, or named like the file', async () => {
  const settings = await resolveSettings({}, { env: {}, cwd: project })
  const choose = (choice: { given?: string; candidates?: string }) =>
    chooseProfile(settings, { ...choice, cwd: project })
  expect(choose({ candidates: 'lists/spot.json' })).toMatchObject({
    name: 'spot',
    profile: { policy: 'strict' },
  })
  expect(choose({ given: 'twin_a', candidates: 'lists/spot.json' }).name).toBe('twin_a')
  expect(choose({ candidates: 'lists/crypto.json' })).toEqual({ name: 'crypto', profile: {} })
  expect(choose({})).toEqual({ name: 'default', profile: {} })
  expect(() => choose({ given: 'constructor' }), 'inherited names are no profiles').toThrow(
    'has no profile "constructor"; it has spot, twin_a, twin_b',
  )
  expect(() => choose({ candidates: 'lists/twin.json' })).toThrow('twin_a, twin_b')
  expect(choose({ candidates: 'candidates (1).json' }).name).toBe('candidates-1-')
})

test('where no profile is configured any name will do, as long as it is one', async () => {
  const settings = await resolveSettings({}, { env: {}, cwd: empty })
  expect(chooseProfile(settings, { given: 'mine', cwd: empty })).toEqual({
    name: 'mine',
    profile: {},
  })
  expect(() => chooseProfile(settings, { given: 'my list', cwd: empty })).toThrow('"my list"')
})
