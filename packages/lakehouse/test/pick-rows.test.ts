import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carryFrom, type PickRule, pickRows, prepareAnswers } from '../src/index.ts'
import { answerOf, type Candidate } from './brute-force.ts'

const RULE: PickRule = { embargo: 0, strict: false, hindsight: false }

/** Sorts as tables do: by time, then `known_at` with none first; equal rows keep their order. */
function sorted<Row extends Candidate>(rows: readonly Row[]): Row[] {
  const order = (a: number | null, b: number | null) =>
    a === b ? 0 : a === null ? -1 : b === null ? 1 : a - b
  return rows.toSorted((a, b) => order(a.timestamp, b.timestamp) || order(a.known_at, b.known_at))
}

function pick(
  rows: readonly Candidate[],
  questions: readonly (number | null)[],
  rule: PickRule = RULE,
) {
  const number = (value: number | null) => value ?? Number.NaN
  const answers = prepareAnswers(
    {
      times: Float64Array.from(rows, (row) => number(row.timestamp)),
      knownAt: Float64Array.from(rows, (row) => number(row.known_at)),
      start: 0,
      end: rows.length,
      ...(rows.some((row) => row.run_id !== undefined) && {
        runIds: rows.map((row) => row.run_id ?? null),
      }),
    },
    rule,
  )
  const picks = new Int32Array(questions.length)
  const ties = pickRows(answers, Float64Array.from(questions, number), picks)
  return { picks: [...picks], ties, answers }
}

// A narrow range of times makes ties and exact bounds common.
const time = fc.integer({ min: 0, max: 24 })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 8 })
const rowsArbitrary = fc
  .array(fc.record({ timestamp: maybe(time), known_at: maybe(time) }), { maxLength: 24 })
  .map(sorted)
const questionsArbitrary = fc.array(maybe(fc.integer({ min: -2, max: 40 })), { maxLength: 16 })
const ruleArbitrary: fc.Arbitrary<PickRule> = fc
  .record({
    ttl: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    embargo: fc.constantFrom(0, 0, 1, 5),
    strict: fc.boolean(),
    knownAt: fc.option(fc.integer({ min: 0, max: 24 }), { nil: undefined, freq: 3 }),
    hindsight: fc.boolean(),
  })
  .map((rule) => ({ ...rule, knownAt: rule.hindsight ? undefined : rule.knownAt }))
const laws = { numRuns: 1000 }

test('agreement: every answer is that of a filter and a maximum, on 1,000 random cases', () => {
  fc.assert(
    fc.property(rowsArbitrary, questionsArbitrary, ruleArbitrary, (rows, questions, rule) => {
      expect(pick(rows, questions, rule).picks).toEqual(
        questions.map((t) => answerOf(rows, t, rule)),
      )
    }),
    laws,
  )
})

test('agreement: of rows with the same clocks the one of the greater run answers', () => {
  const withRuns = fc
    .array(
      fc.record({
        timestamp: fc.integer({ min: 0, max: 4 }),
        known_at: maybe(fc.integer({ min: 0, max: 4 })),
        run_id: fc.constantFrom('a', 'b', 'c', null),
      }),
      { maxLength: 16 },
    )
    .map(sorted)
  fc.assert(
    fc.property(withRuns, questionsArbitrary, ruleArbitrary, (rows, questions, rule) => {
      expect(pick(rows, questions, rule).picks).toEqual(
        questions.map((t) => answerOf(rows, t, rule)),
      )
    }),
    laws,
  )
})

test('truncation: rows known later than the cut never change what was known by the cut', () => {
  fc.assert(
    fc.property(
      rowsArbitrary,
      questionsArbitrary,
      ruleArbitrary,
      fc.integer({ min: 0, max: 40 }),
      (rows, questions, rule, cut) => {
        const byThen = questions.map((t) => (t === null ? t : Math.min(t, cut)))
        const known = { ...rule, hindsight: false, knownAt: Math.min(rule.knownAt ?? cut, cut) }
        const kept = rows.filter((row) => row.known_at !== null && row.known_at <= cut)
        const values = (from: readonly Candidate[]) =>
          pick(from, byThen, known).picks.map((at) => from[at])
        expect(values(kept)).toEqual(values(rows))
      },
    ),
    laws,
  )
})

test('permutation: answers move with their questions', () => {
  const shuffled = questionsArbitrary.chain((questions) =>
    fc.tuple(
      fc.constant(questions),
      fc.shuffledSubarray(
        questions.map((_, i) => i),
        { minLength: questions.length },
      ),
    ),
  )
  fc.assert(
    fc.property(rowsArbitrary, shuffled, ruleArbitrary, (rows, [questions, order], rule) => {
      const { picks } = pick(rows, questions, rule)
      const moved = pick(
        rows,
        order.map((i) => questions[i]!),
        rule,
      )
      expect(moved.picks).toEqual(order.map((i) => picks[i]))
    }),
    laws,
  )
})

test('monotony: a later knownAt only adds candidates, a longer embargo only removes them', () => {
  // The answer is the largest candidate; more candidates never give a smaller one, and all rows here are told apart.
  const position = (rows: readonly Candidate[], t: number, rule: PickRule) =>
    pick(rows, [t], rule).picks[0]!
  fc.assert(
    fc.property(
      rowsArbitrary,
      fc.integer({ min: 0, max: 40 }),
      ruleArbitrary,
      fc.nat(10),
      (rows, t, rule, more) => {
        const distinct = rows.filter(
          (row, i) =>
            rows[i - 1]?.timestamp !== row.timestamp || rows[i - 1]?.known_at !== row.known_at,
        )
        const known = { ...rule, hindsight: false, knownAt: rule.knownAt ?? t }
        expect(
          position(distinct, t, { ...known, knownAt: known.knownAt + more }),
        ).toBeGreaterThanOrEqual(position(distinct, t, known))
        expect(
          position(distinct, t, { ...rule, embargo: rule.embargo + more }),
        ).toBeLessThanOrEqual(position(distinct, t, rule))
      },
    ),
    laws,
  )
})

test('a tie is reported for each answer it decides, and for no other', () => {
  fc.assert(
    fc.property(rowsArbitrary, questionsArbitrary, ruleArbitrary, (rows, questions, rule) => {
      const { picks, ties } = pick(rows, questions, rule)
      const expected = picks.filter(
        (at) =>
          at >= 0 &&
          rows.filter(
            (row) => row.timestamp === rows[at]!.timestamp && row.known_at === rows[at]!.known_at,
          ).length > 1,
      )
      expect(ties).toHaveLength(expected.length)
    }),
    laws,
  )
})

test('a value is carried from the newest time whose latest known row has it', () => {
  const withValues = fc
    .array(
      fc.record({
        timestamp: fc.integer({ min: 0, max: 8 }),
        known_at: fc.integer({ min: 0, max: 12 }),
        value: maybe(fc.nat(9)),
      }),
      { maxLength: 20 },
    )
    .map(sorted)
  fc.assert(
    fc.property(
      withValues,
      fc.integer({ min: 0, max: 20 }),
      ruleArbitrary,
      fc.nat(8),
      (rows, t, rule, seconds) => {
        const { picks, answers } = pick(rows, [t], rule)
        const at = picks[0]!
        if (at < 0 || rows[at]!.value !== null) return
        const found = carryFrom(answers, at, t, t - seconds, (row) => rows[row]!.value !== null)
        // Time by time, newest first: what the rule answers for that time alone.
        let expected = -1
        for (let own = rows[at]!.timestamp - 1; own >= t - seconds && expected < 0; own--) {
          const alone = rows.map((row) =>
            row.timestamp === own ? row : { ...row, timestamp: null },
          )
          const row = answerOf(alone, t, rule)
          if (row >= 0 && rows[row]!.value !== null) expected = row
        }
        expect(found).toBe(expected)
      },
    ),
    laws,
  )
})

test('rows of another source are no candidates and tie with nothing', () => {
  const rows = {
    times: Float64Array.of(1, 1, 2),
    knownAt: Float64Array.of(1, 1, 2),
    start: 0,
    end: 3,
    excluded: Uint8Array.of(0, 1, 1),
  }
  const picks = new Int32Array(1)
  expect(pickRows(prepareAnswers(rows, RULE), Float64Array.of(5), picks)).toEqual([])
  expect([...picks]).toEqual([0])
})

test('a late restatement of an old bar never displaces a newer bar', () => {
  const rows = [
    { timestamp: 1, known_at: 2 },
    { timestamp: 1, known_at: 9 },
    { timestamp: 2, known_at: 3 },
  ]
  expect(pick(rows, [1, 2, 3, 9]).picks).toEqual([-1, 0, 2, 2])
})

test('a long history that became known at once is answered without looking back through it', () => {
  // Looking back from each question would take a quarter of a billion steps here, and time out.
  const length = 500_000
  const times = Float64Array.from({ length }, (_, i) => i)
  const answers = prepareAnswers(
    { times, knownAt: new Float64Array(length).fill(length), start: 0, end: length },
    RULE,
  )
  const picks = new Int32Array(length)
  pickRows(answers, times, picks)
  expect(picks.every((at) => at === -1)).toBe(true)
  expect(answers.positions).toEqual(Int32Array.of(length - 1))
})
