import type { TableSchema } from '@fs/lakehouse'

/** Daily bars: a bar's own values, since when each row was known, and the run that brought it. */
export const BARS_1D: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    // Bars of the original system have no open, and an index has no volume.
    { name: 'open', type: 'double', nullable: true },
    { name: 'high', type: 'double', nullable: false },
    { name: 'low', type: 'double', nullable: false },
    { name: 'close', type: 'double', nullable: false },
    { name: 'volume', type: 'double', nullable: true },
    { name: 'run_id', type: 'string', nullable: false },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp'],
  configuration: { 'fs.timeframe': '1d' },
}

/** The symbol registry: what was known of a symbol, and since when. */
export const SYMBOLS: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'exchange', type: 'string', nullable: false },
    { name: 'base', type: 'string', nullable: true },
    { name: 'quote', type: 'string', nullable: true },
    { name: 'type', type: 'string', nullable: true },
    { name: 'description', type: 'string', nullable: true },
    { name: 'sector', type: 'string', nullable: true },
    { name: 'pricescale', type: 'long', nullable: true },
    { name: 'minmov', type: 'long', nullable: true },
    { name: 'tick_size', type: 'double', nullable: true },
    { name: 'timezone', type: 'string', nullable: true },
    { name: 'active', type: 'boolean', nullable: false },
    { name: 'valid_from', type: 'long', nullable: false },
    { name: 'valid_until', type: 'long', nullable: true },
    { name: 'known_at', type: 'long', nullable: false },
  ],
  time: 'valid_from',
  key: ['symbol', 'valid_from'],
}
