/** What a coverage artefact must be about. */
export interface CoverageExpectation {
  readonly run_id: string
  readonly profile?: string
  /** Symbols of the run's candidates file, standing exclusions included. */
  readonly candidates?: readonly string[]
}

/** One thing that is wrong with an artefact. */
export interface CoverageFault {
  /** Where, such as `attempts[1].failed`; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** What a coverage artefact says, as far as it can be read. */
export interface CoverageCheck {
  /** Whether there is no fault. It says nothing about whether the coverage suffices. */
  readonly ok: boolean
  /** 1 − failed symbols / requested, from 0 to 1; 0 where that cannot be computed. */
  readonly coverage: number
  /** Symbols asked for; 0 where that cannot be read. */
  readonly requested: number
  readonly failed_symbols: readonly string[]
  readonly excluded: readonly string[]
  /** In the order of the artefact's keys in the contract, then of the rules between them. */
  readonly faults: readonly CoverageFault[]
}

interface Attempt {
  readonly path: string
  readonly fetched: number | undefined
  readonly failed: number | undefined
  readonly failedSymbols: readonly string[] | undefined
  readonly reasons: ReadonlyMap<string, string> | undefined
}

const SCHEMA = 'fs.coverage/1'
const OUTCOME = /^(?:ok|missing|empty|failed:[a-z0-9_]+)$/
const DIGEST = /^[0-9a-f]{64}$/

/**
 * Reads a coverage artefact (`feature_ingest_coverage.json`) strictly: every key that is there must have its type, and all
 * numbers and lists must agree. Keys that the contract does not name are left alone.
 *
 * @param json the parsed content of the file
 * @param expected the run it must belong to
 * @returns the recomputed coverage, and every fault with its path
 */
export function checkCoverage(json: unknown, expected: CoverageExpectation): CoverageCheck {
  const faults: CoverageFault[] = []
  const fault = (path: string, message: string): undefined => {
    faults.push({ path, message })
    return undefined
  }
  if (!isRecord(json)) {
    fault('', `must be an object, was ${show(json)}`)
    return { ok: false, coverage: 0, requested: 0, failed_symbols: [], excluded: [], faults }
  }

  if (json.schema !== undefined && json.schema !== SCHEMA) {
    fault('schema', `must be ${SCHEMA}, was ${show(json.schema)}`)
  }
  checkName(json, 'run_id', expected.run_id, fault)
  checkName(json, 'profile', expected.profile, fault)
  const digest = json.candidates_sha256
  if (digest !== undefined && !(typeof digest === 'string' && DIGEST.test(digest))) {
    fault('candidates_sha256', `must be 64 hexadecimal digits, was ${show(digest)}`)
  }
  checkTimes(json, fault)
  const attempts = readAttempts(json, fault)
  const failedSymbols = readSymbols(json, 'failed_symbols', 'failed_symbols', fault)
  if (json.failed_symbols === undefined) fault('failed_symbols', 'is missing')
  const excluded = readSymbols(json, 'excluded', 'excluded', fault) ?? []
  const outcomes = readOutcomes(json, 'outcomes', 'outcomes', fault)
  const written = json.requested === undefined ? undefined : readCount(json, 'requested', '', fault)
  if (json.warnings !== undefined && !Array.isArray(json.warnings)) {
    fault('warnings', `must be a list, was ${show(json.warnings)}`)
  }

  const counted = checkAttempts(attempts, written, fault)
  checkLast(attempts.at(-1), failedSymbols, outcomes, fault)
  if (outcomes !== undefined) {
    checkOutcomes(outcomes, counted, failedSymbols, fault)
  }
  checkExcluded(excluded, failedSymbols, outcomes, fault)
  if (expected.candidates !== undefined) {
    checkCandidates(expected.candidates, { excluded, failedSymbols, outcomes, counted }, fault)
  }

  const failed = failedSymbols?.length
  const isComputable = counted !== undefined && failed !== undefined && failed <= counted
  return {
    ok: faults.length === 0,
    coverage: isComputable && counted > 0 ? 1 - failed / counted : 0,
    requested: counted ?? 0,
    failed_symbols: failedSymbols ?? [],
    excluded,
    faults,
  }
}

type Report = (path: string, message: string) => undefined

function checkName(
  json: Readonly<Record<string, unknown>>,
  key: 'run_id' | 'profile',
  expected: string | undefined,
  fault: Report,
): void {
  const value = json[key]
  if (value === undefined) fault(key, 'is missing')
  else if (typeof value !== 'string' || value === '') {
    fault(key, `must be a text, was ${show(value)}`)
  } else if (expected !== undefined && value !== expected) {
    fault(key, `must be ${expected}, was ${value}: the artefact belongs to something else`)
  }
}

function checkTimes(json: Readonly<Record<string, unknown>>, fault: Report): void {
  const [started, finished] = (['started_at', 'finished_at'] as const).map((key) => {
    const value = json[key]
    if (value === undefined) return undefined
    return isAmount(value) ? value : fault(key, `must be Unix seconds, was ${show(value)}`)
  })
  if (started !== undefined && finished !== undefined && finished < started) {
    fault('finished_at', `must not be before started_at ${started}, was ${finished}`)
  }
}

function readAttempts(json: Readonly<Record<string, unknown>>, fault: Report): Attempt[] {
  const list = json.attempts
  if (!Array.isArray(list)) {
    fault('attempts', list === undefined ? 'is missing' : `must be a list, was ${show(list)}`)
    return []
  }
  if (list.length === 0) fault('attempts', 'must hold at least one attempt')
  return list.map((item: unknown, place) => {
    const path = `attempts[${place}]`
    if (!isRecord(item)) {
      fault(path, `must be an object, was ${show(item)}`)
      return {
        path,
        fetched: undefined,
        failed: undefined,
        failedSymbols: undefined,
        reasons: undefined,
      }
    }
    const idx = readCount(item, 'idx', path, fault)
    if (idx !== undefined && idx !== place + 1) {
      fault(`${path}.idx`, `must be ${place + 1}, was ${idx}: attempts count from 1 without gaps`)
    }
    const fetched = readCount(item, 'fetched', path, fault)
    const failed = readCount(item, 'failed', path, fault)
    if (item.duration_s === undefined) fault(`${path}.duration_s`, 'is missing')
    else if (!isAmount(item.duration_s)) {
      fault(`${path}.duration_s`, `must be seconds of at least 0, was ${show(item.duration_s)}`)
    }
    const failedSymbols = readSymbols(item, 'failed_symbols', `${path}.failed_symbols`, fault)
    const reasons = readOutcomes(item, 'reasons', `${path}.reasons`, fault)
    for (const [symbol, outcome] of reasons ?? []) {
      if (outcome === 'ok') fault(`${path}.reasons[${show(symbol)}]`, 'must be a reason, was ok')
    }
    return { path, fetched, failed, failedSymbols, reasons }
  })
}

/** Checks the sums of the attempts, and returns how many symbols were requested. */
function checkAttempts(
  attempts: readonly Attempt[],
  written: number | undefined,
  fault: Report,
): number | undefined {
  let covered = written
  let requested = written
  for (const [place, { path, fetched, failed, failedSymbols, reasons }] of attempts.entries()) {
    const sum = fetched === undefined || failed === undefined ? undefined : fetched + failed
    if (place === 0) requested ??= sum
    if (sum === 0) fault(path, 'must cover at least one symbol, fetched and failed are both 0')
    else if (sum !== undefined && covered !== undefined && sum !== covered) {
      const whole = place === 0 ? 'requested' : `${attempts[place - 1]!.path}.failed`
      fault(path, `fetched ${fetched} and failed ${failed} must add up to ${whole} ${covered}`)
    }
    if (failedSymbols !== undefined && failed !== undefined && failedSymbols.length !== failed) {
      fault(
        `${path}.failed_symbols`,
        `must name ${failed} symbols like failed, named ${failedSymbols.length}`,
      )
    }
    if (reasons !== undefined && failedSymbols !== undefined) {
      compareSets(`${path}.reasons`, [...reasons.keys()], failedSymbols, 'failed_symbols', fault)
    }
    const before = attempts[place - 1]?.failedSymbols
    if (before !== undefined && failedSymbols !== undefined) {
      const known = new Set(before)
      for (const symbol of failedSymbols) {
        if (known.has(symbol)) continue
        fault(`${path}.failed_symbols`, `${symbol} had not failed in the attempt before`)
      }
    }
    covered = failed
  }
  return requested
}

function checkLast(
  last: Attempt | undefined,
  failedSymbols: readonly string[] | undefined,
  outcomes: ReadonlyMap<string, string> | undefined,
  fault: Report,
): void {
  if (last === undefined || failedSymbols === undefined) return
  if (last.failed !== undefined && last.failed !== failedSymbols.length) {
    fault(
      'failed_symbols',
      `must name ${last.failed} symbols like ${last.path}.failed, named ${failedSymbols.length}`,
    )
  }
  if (last.failedSymbols !== undefined) {
    const name = `${last.path}.failed_symbols`
    compareSets('failed_symbols', failedSymbols, last.failedSymbols, name, fault)
  }
  for (const [symbol, reason] of last.reasons ?? []) {
    const outcome = outcomes?.get(symbol)
    if (outcome !== undefined && outcome !== reason) {
      fault(
        `outcomes[${show(symbol)}]`,
        `must be ${reason} as in ${last.path}.reasons, was ${outcome}`,
      )
    }
  }
}

function checkOutcomes(
  outcomes: ReadonlyMap<string, string>,
  requested: number | undefined,
  failedSymbols: readonly string[] | undefined,
  fault: Report,
): void {
  if (requested !== undefined && outcomes.size !== requested) {
    fault('outcomes', `must hold ${requested} symbols like requested, held ${outcomes.size}`)
  }
  if (failedSymbols === undefined) return
  const notOk = [...outcomes].filter(([, outcome]) => outcome !== 'ok').map(([symbol]) => symbol)
  compareSets('failed_symbols', failedSymbols, notOk, 'outcomes other than ok', fault)
}

function checkExcluded(
  excluded: readonly string[],
  failedSymbols: readonly string[] | undefined,
  outcomes: ReadonlyMap<string, string> | undefined,
  fault: Report,
): void {
  const failed = new Set(failedSymbols)
  for (const symbol of excluded) {
    if (failed.has(symbol)) fault('excluded', `${symbol} is in failed_symbols too`)
    if (outcomes?.has(symbol)) fault('excluded', `${symbol} is in outcomes too`)
  }
}

function checkCandidates(
  candidates: readonly string[],
  artefact: {
    readonly excluded: readonly string[]
    readonly failedSymbols: readonly string[] | undefined
    readonly outcomes: ReadonlyMap<string, string> | undefined
    readonly counted: number | undefined
  },
  fault: Report,
): void {
  const { excluded, failedSymbols, outcomes, counted } = artefact
  const known = new Set(candidates)
  for (const symbol of excluded) {
    if (!known.has(symbol)) fault('excluded', `${symbol} is no candidate`)
  }
  for (const symbol of failedSymbols ?? []) {
    if (!known.has(symbol)) fault('failed_symbols', `${symbol} is no candidate`)
  }
  for (const symbol of excluded) known.delete(symbol)
  if (counted !== undefined && counted !== known.size) {
    fault('requested', `must be the ${known.size} candidates that are not excluded, was ${counted}`)
  }
  if (outcomes !== undefined) {
    compareSets('outcomes', [...outcomes.keys()], [...known], 'the candidates not excluded', fault)
  }
}

/** Names the first symbol that one list has and the other lacks, both ways. */
function compareSets(
  path: string,
  symbols: readonly string[],
  expected: readonly string[],
  name: string,
  fault: Report,
): void {
  const left = new Set(symbols)
  const right = new Set(expected)
  const extra = symbols.filter((symbol) => !right.has(symbol))
  const absent = expected.filter((symbol) => !left.has(symbol))
  if (extra.length > 0) fault(path, `${summary(extra)} not in ${name}`)
  if (absent.length > 0) fault(path, `lacks ${summary(absent)} of ${name}`)
}

function summary(symbols: readonly string[]): string {
  return symbols.length === 1 ? symbols[0]! : `${symbols[0]} and ${symbols.length - 1} more`
}

function readCount(
  holder: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
  fault: Report,
): number | undefined {
  const at = path === '' ? key : `${path}.${key}`
  const value = holder[key]
  if (value === undefined) return fault(at, 'is missing')
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  return fault(at, `must be an integer of at least 0, was ${show(value)}`)
}

function readSymbols(
  holder: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
  fault: Report,
): string[] | undefined {
  const list = holder[key]
  if (list === undefined) return undefined
  if (!Array.isArray(list)) return fault(path, `must be a list, was ${show(list)}`)
  for (const [index, symbol] of list.entries()) {
    if (typeof symbol !== 'string' || symbol === '') {
      return fault(`${path}[${index}]`, `must be a symbol, was ${show(symbol)}`)
    }
    const before: unknown = list[index - 1]
    if (typeof before === 'string' && !(before < symbol)) {
      return fault(
        `${path}[${index}]`,
        before === symbol ? `${symbol} is named twice` : `${symbol} must not follow ${before}`,
      )
    }
  }
  return list as string[]
}

function readOutcomes(
  holder: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
  fault: Report,
): Map<string, string> | undefined {
  const map = holder[key]
  if (map === undefined) return undefined
  if (!isRecord(map)) return fault(path, `must be an object, was ${show(map)}`)
  const outcomes = new Map<string, string>()
  for (const [symbol, outcome] of Object.entries(map)) {
    if (typeof outcome === 'string' && OUTCOME.test(outcome)) outcomes.set(symbol, outcome)
    else {
      fault(
        `${path}[${show(symbol)}]`,
        `must be ok, missing, empty or failed:REASON, was ${show(outcome)}`,
      )
    }
  }
  return outcomes
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function show(value: unknown): string {
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
