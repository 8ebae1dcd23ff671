import { onTestFinished } from 'vitest'
import { createScannerClient, type ScannerClient, type ScannerClientOptions } from '@fs/tv-client'
import {
  createVirtualTime,
  startSimulator,
  type Cell,
  type Simulator,
  type SimulatorOptions,
  type VirtualTime,
} from '../src/index.ts'

/** The fifteen columns of a daily row, with values in their bounds. */
export const CELLS: Readonly<Record<string, Cell>> = {
  'Recommend.All': 0.25,
  'Recommend.MA': 0.5,
  'Recommend.Other': 0,
  RSI: 61.5,
  ADX: 20.5,
  AO: -3,
  CCI20: 77,
  'Stoch.K': 80,
  'Stoch.D': 70,
  'MACD.macd': -1.5,
  'MACD.signal': 2.5,
  'Volatility.D': 2,
  'Perf.W': 3,
  'Perf.1M': -9,
  update_mode: 'streaming',
}

/** Names `count` symbols: `X:S0`, `X:S1`, … */
export function symbolsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `X:S${index}`)
}

/** Makes a universe in which every symbol has the same values but one: its number is in `AO`. */
export function universeOf(symbols: readonly string[]): SimulatorOptions['universe'] {
  return Object.fromEntries(
    symbols.map((symbol, index) => [symbol, { cells: { ...CELLS, AO: index } }]),
  )
}

/** A simulator, a client of it, and the clock of both; the simulator ends with the test. */
export interface Stage {
  readonly simulator: Simulator
  readonly client: ScannerClient
  readonly time: VirtualTime
}

/** Sets a stage. Time is virtual: nothing waits. */
export async function stage(
  options: Partial<SimulatorOptions> = {},
  clientOptions: ScannerClientOptions = {},
): Promise<Stage> {
  const timeoutMs = clientOptions.timeoutMs ?? 20_000
  let simulator: Simulator | undefined
  const time = createVirtualTime({ stalled: () => simulator?.stalled ?? 0, timeoutMs })
  simulator = await startSimulator({
    universe: universeOf(symbolsOf(10)),
    elapsed: time.elapsed,
    ...options,
  })
  const started = simulator
  onTestFinished(() => started.close())
  const { now, elapsed, sleep, setTimer } = time
  const client = createScannerClient({
    baseUrl: simulator.url,
    now,
    elapsed,
    sleep,
    setTimer,
    random: () => 0,
    spacingMs: 0,
    ...clientOptions,
  })
  return { simulator, client, time }
}
