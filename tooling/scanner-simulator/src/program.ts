import { generateMarket } from '@fs/market-generator'
import { Command, InvalidArgumentError } from 'commander'
import { readFile } from 'node:fs/promises'
import type { Rule } from './script.ts'
import { startSimulator, type Simulator } from './simulator.ts'
import { universeOfMarket } from './universe.ts'

/**
 * Makes the command line of the simulator.
 *
 * @param print takes what is said
 * @param onStart takes the simulator once it listens; who starts it ends it
 * @returns a program that throws instead of leaving the process
 */
export function createProgram(
  print: (text: string) => void,
  onStart: (simulator: Simulator) => void,
): Command {
  return new Command('scanner-simulator')
    .description('Serves a generated market as the scanner would, on 127.0.0.1, until interrupted.')
    .option('--port <number>', 'port to listen on; 0 is any free one', parseInteger, 0)
    .option('--symbols <count>', 'number of symbols', parseInteger, 60)
    .option('--bars <days>', 'calendar days of bars', parseInteger, 400)
    .option('--seed <integer>', 'seed of the market and of the order of rows', parseInteger, 7)
    .option('--end <date>', 'last day', '2025-12-31')
    .option('--script <file>', 'JSON: list of { when, times, fault }')
    .option('--latency <ms>', 'time before each answer', parseInteger, 0)
    .addHelpText('after', '\nExample:\n  scanner-simulator --symbols 100 --latency 20\n')
    .exitOverride()
    .action(async (given: Given) => {
      const { seed, symbols, bars, end: endDate, port, latency } = given
      const script =
        given.script === undefined
          ? []
          : (JSON.parse(await readFile(given.script, 'utf8')) as readonly Rule[])
      const universe = universeOfMarket(generateMarket({ seed, symbols, bars, endDate }))
      const simulator = await startSimulator({ universe, script, seed, port, latencyMs: latency })
      print(`${symbols} symbols at ${simulator.url}\n`)
      onStart(simulator)
    })
}

interface Given {
  readonly port: number
  readonly symbols: number
  readonly bars: number
  readonly seed: number
  readonly end: string
  readonly script?: string
  readonly latency: number
}

function parseInteger(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('It must be an integer.')
  return Number(text)
}
