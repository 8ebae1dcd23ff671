import { execFileSync } from 'node:child_process'
import { mkdirSync, rmdirSync } from 'node:fs'
import { chmod, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BTC, candidates, PEPE, SOL, TABLE, usePlaces } from './places.ts'
import { backfillProcess, giveTo } from './program-process.ts'
import { barsFile, damageBars, fsBackfill, matrixOf, type Place, stateOf } from './store.ts'

const places = usePlaces()

test.each([
  ['cut short', async (place: Place) => truncate(barsFile(place), 5000)],
  ['with one flipped bit', damageBars],
])('a bars file %s ends the run with 3, named, and nothing is changed', async (_, damage) => {
  const place = await places.withFeatures()
  await damage(place)
  const before = await stateOf(place)
  const { code, err } = await backfillProcess(place, await candidates(place, [SOL, BTC]))
  expect(code, err).toBe(3)
  expect(err).toContain(barsFile(place).slice(place.lakehouse.length + 1))
  expect(err).toContain('Table and matrix are as they were.')
  expect(err).toContain('remove the folder bars_1d there and import the bars again')
  expect(await stateOf(place)).toEqual(before)
})

test('a damaged file of the feature table is named, and following the advice mends it', async () => {
  const place = await places.withFeatures()
  const folder = join(place.lakehouse, TABLE)
  const name = (await readdir(folder)).find((file) => file.endsWith('.parquet'))!
  const bytes = await readFile(join(folder, name))
  bytes[bytes.length >> 1]! ^= 4
  await writeFile(join(folder, name), bytes)
  const before = await stateOf(place)
  const refused = await fsBackfill(place, ['run', '--all'])
  expect(refused.code, refused.err).toBe(3)
  expect(refused.err).toContain(`${TABLE}/${name}`)
  expect(refused.err).toContain(`remove the folder ${TABLE} there and run fs-backfill run --all`)
  expect(await stateOf(place)).toEqual(before)
  await rm(folder, { recursive: true })
  expect((await fsBackfill(place, ['run', '--all'])).code).toBe(0)
  expect((await matrixOf(place)).columns).toHaveLength(15)
})

test('a file of the table that is damaged when only the matrix is behind leaves true words', async () => {
  const place = await places.withFeatures()
  const folder = join(place.lakehouse, TABLE)
  const name = (await readdir(folder)).find((file) => file.endsWith('.parquet'))!
  await rm(place.master)
  const bytes = await readFile(join(folder, name))
  bytes[100]! ^= 4
  await writeFile(join(folder, name), bytes)
  const { code, err } = await fsBackfill(place, ['run', ...(await candidates(place, [SOL]))])
  expect(code, err).toBe(3)
  expect(err).toContain(`The table ${TABLE} is complete (version 1)`)
  expect(err).toContain('was not replaced')
  expect(err).toContain(`remove the folder ${TABLE}`)
})

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const mayBecomeNobody = !isRoot || canReadAsNobody()

function canReadAsNobody(): boolean {
  try {
    execFileSync(
      process.execPath,
      ['-e', `require('fs').readFileSync(process.argv[1])`, import.meta.filename],
      {
        uid: NOBODY,
        gid: NOBODY,
        stdio: 'ignore',
      },
    )
    return true
  } catch {
    return false
  }
}

test.skipIf(!mayBecomeNobody)(
  `a lakehouse that may only be read ends the run with 5, and nothing is changed${mayBecomeNobody ? '' : ' [SKIPPED: runs as root, and another user cannot read this checkout]'}`,
  async () => {
    const place = await places.withFeatures()
    if (isRoot) await giveTo(NOBODY, place.folder)
    const args = await candidates(place, [SOL])
    const before = await stateOf(place)
    const features = join(place.lakehouse, TABLE)
    await chmod(features, 0o555)
    const run = async () => await backfillProcess(place, args, isRoot ? { uid: NOBODY } : {})
    const refused = await run()
    expect(refused.code, refused.err).toBe(5)
    expect(refused.err).toMatch(/error: features\/local_1d\/\S+ may not be written/)
    expect(refused.err).toContain('Table and matrix are as they were.')
    expect(refused.err).toContain('Allow writing there')
    expect(await stateOf(place)).toEqual(before)

    // The table may be written again, the folder of the matrix not.
    await chmod(features, 0o755)
    await chmod(place.lakehouse, 0o555)
    const half = await run()
    expect(half.code, half.err).toBe(5)
    expect(half.err).toContain('The table features/local_1d is complete (version 1)')
    expect((await stateOf(place))['features_matrix.parquet']).toBe(
      before['features_matrix.parquet'],
    )

    await chmod(place.lakehouse, 0o755)
    expect((await run()).code).toBe(0)
    expect((await matrixOf(place)).description.tableVersion).toBe(1)
  },
)

test('where no more than a small file may be written the run ends with 5, and nothing is changed', async () => {
  const place = await places.withFeatures()
  const before = await stateOf(place)
  const args = await candidates(place, [SOL, PEPE])
  const { code, err } = await backfillProcess(place, args, { largestFile: 4 })
  expect(code, err).toBe(5)
  expect(err).toContain('no space to write features/local_1d/part-')
  expect(err).toContain('Table and matrix are as they were.')
  expect(err).toContain('Free some space')
  expect(await stateOf(place)).toEqual(before)
})

const MOUNT = join(tmpdir(), `backfill-full-disk-${process.pid}`)
const mountRefusal = isRoot ? tryMount() : 'only the superuser mounts'

function tryMount(): string | null {
  try {
    mkdirSync(MOUNT, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', MOUNT], { stdio: 'pipe' })
    execFileSync('umount', [MOUNT], { stdio: 'pipe' })
    rmdirSync(MOUNT)
    return null
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim()
  }
}

test.skipIf(mountRefusal !== null)(
  `a full disk ends the run with 5, and nothing is changed${mountRefusal === null ? '' : ` [SKIPPED: cannot mount a small disk: ${mountRefusal}]`}`,
  async () => {
    const place = await places.withFeatures()
    mkdirSync(MOUNT)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', MOUNT])
    try {
      execFileSync('cp', ['-r', place.lakehouse, MOUNT])
      const full = { ...place, lakehouse: join(MOUNT, 'lakehouse') }
      // What is left is less than one data file.
      execFileSync(
        'bash',
        ['-c', `cat /dev/zero > ${MOUNT}/ballast; truncate -s -4096 ${MOUNT}/ballast || true`],
        { stdio: 'ignore' },
      )
      const before = await stateOf(full)
      const args = await candidates(place, [SOL, PEPE])
      const { code, err } = await backfillProcess(full, args)
      expect(code, err).toBe(5)
      expect(err).toContain('no space to write')
      expect(err).toContain('Table and matrix are as they were.')
      expect(await stateOf(full)).toEqual(before)
      execFileSync('rm', [join(MOUNT, 'ballast')])
      const again = await backfillProcess(full, args)
      expect(again.code, again.err).toBe(0)
    } finally {
      execFileSync('umount', [MOUNT])
      rmdirSync(MOUNT)
    }
  },
)
