import type { Io } from './io.ts'

/** Work whose progress is shown on stderr. */
export interface Progress {
  /** Counts finished units, one unless told otherwise. */
  advance(units?: number): void
  /** Shows the final state and gives the line back. */
  finish(): void
}

// A terminal is redrawn often enough to look alive; a log gets a line often enough to show that nothing hangs.
const REDRAW_SECONDS = 0.1
const LOG_SECONDS = 10
const BAR_WIDTH = 24

/**
 * Shows how far a piece of work has come: a bar with rate and time left on a terminal, else one JSON object per line at
 * a modest rate.
 *
 * @param io the process; only `stderr` is written, `now` is the clock of rates
 * @param work `step`: a word for the work; `total`: units in all, where known; `unit`: their name in plural
 * @returns the counter
 */
export function createProgress(
  io: Pick<Io, 'stderr' | 'now'>,
  work: { step: string; total?: number; unit: string },
): Progress {
  const startedAt = io.now()
  const onTerminal = io.stderr.isTTY === true
  let done = 0
  let shownAt = onTerminal ? Number.NEGATIVE_INFINITY : startedAt

  const show = () => {
    const state = stateOf(done, work.total, io.now() - startedAt)
    shownAt = io.now()
    if (onTerminal) {
      const line = barLine(work, done, state).slice(0, (io.stderr.columns ?? 80) - 1)
      io.stderr.write(`\r${line}\u001B[K`)
    } else {
      io.stderr.write(`${logLine(work, done, state, shownAt)}\n`)
    }
  }
  return {
    advance(units = 1) {
      done += units
      if (io.now() - shownAt >= (onTerminal ? REDRAW_SECONDS : LOG_SECONDS)) show()
    },
    finish() {
      show()
      if (onTerminal) io.stderr.write('\n')
    },
  }
}

/** Progress that shows nothing. */
export const silentProgress: Progress = { advance() {}, finish() {} }

interface ProgressState {
  /** Units a second, `NaN` before any time has passed. */
  rate: number
  /** `NaN` while it cannot be said. */
  secondsLeft: number
}

function stateOf(done: number, total: number | undefined, seconds: number): ProgressState {
  const rate = seconds > 0 ? done / seconds : Number.NaN
  const secondsLeft =
    total !== undefined && rate > 0 ? Math.max(0, total - done) / rate : Number.NaN
  return { rate, secondsLeft }
}

function barLine(
  work: { step: string; total?: number; unit: string },
  done: number,
  { rate, secondsLeft }: ProgressState,
): string {
  const parts = [work.step]
  if (work.total === undefined) {
    parts.push(`${done} ${work.unit}`)
  } else {
    const filled =
      work.total === 0
        ? BAR_WIDTH
        : Math.round((Math.min(done, work.total) / work.total) * BAR_WIDTH)
    parts.push(
      `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`,
      `${done}/${work.total} ${work.unit}`,
    )
  }
  if (!Number.isNaN(rate)) parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`)
  if (!Number.isNaN(secondsLeft) && secondsLeft > 0) parts.push(`${clock(secondsLeft)} left`)
  return parts.join(' ')
}

function logLine(
  work: { step: string; total?: number; unit: string },
  done: number,
  { rate, secondsLeft }: ProgressState,
  now: number,
): string {
  return JSON.stringify({
    time: new Date(now * 1000).toISOString(),
    event: 'progress',
    step: work.step,
    unit: work.unit,
    done,
    total: work.total,
    rate_per_s: Number.isNaN(rate) ? undefined : Number(rate.toFixed(2)),
    seconds_left: Number.isNaN(secondsLeft) ? undefined : Math.round(secondsLeft),
  })
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const minutes = Math.floor(whole / 60)
  return `${minutes}:${String(whole % 60).padStart(2, '0')}`
}
