import { Command, InvalidArgumentError } from 'commander'
import { generateMarket, type MarketOptions } from './market.ts'
import { writeMarketCsv } from './market-csv.ts'

/**
 * Makes the command line of the generator.
 *
 * @param print takes what is said on success
 * @returns a program that throws instead of leaving the process
 */
export function createProgram(print: (text: string) => void): Command {
  return new Command('market-generator')
    .description('Writes a seeded market of daily bars as CSV files, and a candidates.json.')
    .requiredOption('--out <folder>', 'folder to write into')
    .option('--symbols <count>', 'number of symbols', parseInteger, 60)
    .option('--bars <days>', 'calendar days up to the end date', parseInteger, 1_000)
    .option('--seed <integer>', 'seed; another seed is another market', parseInteger, 7)
    .option('--end <date>', 'last day', '2025-12-31')
    .option(
      '--future-days <days>',
      'days after the end date; earlier bars stay as they are',
      parseInteger,
      0,
    )
    .option('--clean', 'plant no disturbances')
    .exitOverride()
    .action(async (given: Given) => {
      const options: MarketOptions = {
        seed: given.seed,
        symbols: given.symbols,
        bars: given.bars,
        endDate: given.end,
        futureDays: given.futureDays,
        ...(given.clean && { disturbances: [] }),
      }
      const market = generateMarket(options)
      await writeMarketCsv(given.out, market)
      const rows = market.reduce((sum, { bars }) => sum + bars.timestamp.length, 0)
      const planted = market.flatMap(({ events }) => events).filter(({ kind }) => kind !== 'regime')
      print(
        `${market.length} symbols, ${rows} bars and ${planted.length} planted events in ${given.out}\n`,
      )
    })
}

interface Given {
  readonly out: string
  readonly symbols: number
  readonly bars: number
  readonly seed: number
  readonly end: string
  readonly futureDays: number
  readonly clean?: true
}

function parseInteger(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('It must be an integer.')
  return Number(text)
}
