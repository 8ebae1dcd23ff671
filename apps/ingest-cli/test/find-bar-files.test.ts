import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, sep } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findBarFiles, type FindOptions } from '../src/find-bar-files.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fs-find-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function given(...names: string[]) {
  for (const name of names) await writeFile(join(folder, name), '')
}

async function found(options?: FindOptions, name = '.') {
  const { files, unnamed, ignored } = await findBarFiles(join(folder, name), options)
  return {
    files: files.map((file) => [file.symbol, basename(file.path), file.format]),
    unnamed: unnamed.map(({ path }) => basename(path)),
    ignored: ignored.map(({ path }) => basename(path)),
  }
}

test('a folder gives its bar files by symbol, and names what it passed over', async () => {
  await given('NYSE_GS.csv', 'BINANCE_BTCUSDT_1d.parquet', 'metadata.json', '.hidden', 'GOLD.csv')
  await given('features_matrix.parquet')
  await mkdir(join(folder, 'features'))
  expect(await found()).toEqual({
    files: [
      ['BINANCE:BTCUSDT', 'BINANCE_BTCUSDT_1d.parquet', 'parquet'],
      ['NYSE:GS', 'NYSE_GS.csv', 'csv'],
    ],
    unnamed: ['GOLD.csv'],
    ignored: ['features', 'features_matrix.parquet', 'metadata.json'],
  })
})

test('a format picks the files of a folder, and says how a single file is written', async () => {
  await given('NYSE_GS.csv', 'NYSE_BAC.parquet', 'bars.txt')
  expect((await found({ format: 'csv' })).files).toEqual([['NYSE:GS', 'NYSE_GS.csv', 'csv']])
  expect((await found({ format: 'csv', symbol: 'nyse:gs' }, 'bars.txt')).files).toEqual([
    ['NYSE:GS', 'bars.txt', 'csv'],
  ])
  await expect(found({}, 'bars.txt')).rejects.toMatchObject({ exitCode: 2 })
})

test('an exchange serves files that name none', async () => {
  await given('AAPL.csv', 'BINANCE_BTCUSDT.csv')
  const { files } = await found({ exchange: 'NASDAQ' })
  expect(files.map(([symbol]) => symbol)).toEqual(['BINANCE:BTCUSDT', 'NASDAQ:AAPL'])
})

test('a guessed division is marked', async () => {
  await given('MYDESK_A.csv')
  expect((await findBarFiles(folder)).files).toMatchObject([{ symbol: 'MYDESK:A', guessed: true }])
})

test.skipIf(sep === '\\')(
  'a name with a backslash is shown whole and yields no symbol',
  async () => {
    await given('NYSE_GS.csv', 'NYSE_A\\NYSE_B.csv')
    const { files, unnamed } = await findBarFiles(folder)
    expect(files.map(({ symbol }) => symbol)).toEqual(['NYSE:GS'])
    expect(unnamed[0]?.reason).toContain('the file NYSE_A\\NYSE_B.csv has a backslash')
  },
)

test('two files for one symbol are refused, naming both', async () => {
  await given('BINANCE_BTCUSDT.csv', 'BINANCE_BTCUSDT_1d.parquet')
  await expect(found()).rejects.toMatchObject({
    code: 'duplicate_symbol',
    exitCode: 2,
    message:
      'the files BINANCE_BTCUSDT.csv and BINANCE_BTCUSDT_1d.parquet both hold BINANCE:BTCUSDT',
  })
})

test('what cannot work is a usage failure', async () => {
  await expect(found()).rejects.toMatchObject({ exitCode: 2, code: 'missing_file' })
  await expect(found({}, 'absent.csv')).rejects.toMatchObject({ exitCode: 2, code: 'missing_file' })
  await given('AAPL.csv')
  await expect(found()).rejects.toMatchObject({
    exitCode: 2,
    next: expect.stringContaining('--exchange'),
  })
  await expect(found({ symbol: 'AAPL' })).rejects.toMatchObject({ exitCode: 2 })
  await given('MSFT.csv')
  await expect(found({ symbol: 'NASDAQ:AAPL' })).rejects.toMatchObject({ exitCode: 2 })
})
