import { describe, expect, it } from 'vitest'
import { createLabelQueue, pushDecision, pushLabelCandle, type Label } from '../calibration/labels.ts'
import { createRandom, randomNormal, randomUniform } from '../stats/random.ts'
import { barrierTrades, type ScoredSeries, type TradeRule } from './barrier-trades.ts'
import { searchRules, TRADES_MIN, TRIALS_MAX, trialsOf, type SearchInput, type SearchProposal } from './search.ts'

const HOUR = 3_600_000
const FREE = { feeRate: 0, halfSpreadRate: 0, slippageRate: 0 }
const COSTS = { feeRate: 0.001, halfSpreadRate: 0.0001, slippageRate: 0 }
const RULE: TradeRule = { floor: 0.55, profitAtrs: 1, stopAtrs: 1, expiryCandles: 12, riskShare: null }

/** A walk whose next step goes with the score where the confidence is above 0.7, by `edge` of its deviation. */
function walk(rows: number, edge: number, seed = 1): ScoredSeries {
  const random = createRandom(seed)
  const column = () => new Float64Array(rows)
  const series = {
    lengthMs: HOUR,
    ts: column(),
    o: column(),
    h: column(),
    l: column(),
    c: column(),
    atr: column(),
    score: column(),
    confid: column(),
  }
  let price = 100
  let drift = 0
  for (let row = 0; row < rows; row += 1) {
    const o = price
    const path = Array.from(
      { length: 8 },
      () => (price *= Math.exp((drift * 0.01) / 8 + (0.01 / Math.sqrt(8)) * randomNormal(random))),
    )
    series.ts[row] = row * HOUR
    series.o[row] = o
    series.h[row] = Math.max(o, ...path)
    series.l[row] = Math.min(o, ...path)
    series.c[row] = price
    series.atr[row] = 0.016 * price
    series.score[row] = 2 * randomUniform(random) - 1
    series.confid[row] = 0.5 + 0.5 * randomUniform(random)
    drift = (series.confid[row] as number) > 0.7 ? edge * Math.sign(series.score[row] as number) : 0
  }
  return series
}

function searched(changes: Partial<SearchInput>): SearchProposal {
  const space = { floors: [0.55, 0.7, 0.85], profitAtrs: [1, 2], stopAtrs: [1], expiryCandles: [1, 12], riskShares: [null] }
  const search = searchRules({ series: [walk(6000, 0)], space, current: RULE, costs: COSTS, folds: 4, embargoMs: 0, ...changes })
  for (;;) {
    const step = search.next()
    if (step.done === true) return step.value
  }
}

describe('trades between barriers', () => {
  it('end as the labels of the same decisions do', () => {
    const series = walk(2000, 0)
    const queue = createLabelQueue('1h', { profitAtrs: 1, stopAtrs: 1, expiryCandles: 12, costRate: 0.0022 })
    const labels = new Map<number, Label>()
    for (let row = 0; row < series.ts.length; row += 1) {
      const at = (column: Float64Array) => column[row] as number
      const candle = { ts: at(series.ts), o: at(series.o), h: at(series.h), l: at(series.l), c: at(series.c), v: 1 }
      for (const label of pushLabelCandle(queue, candle)) labels.set(label.ts, label)
      pushDecision(queue, { ts: candle.ts, direction: 1, confid: 1, atr: at(series.atr) })
    }
    const trades = barrierTrades(series, RULE, COSTS)
    expect(trades.length).toBeGreaterThan(100)
    for (const trade of trades) {
      const label = labels.get(trade.ts)
      expect(trade.exitTs).toBe(label?.exitTs)
      expect(trade.netReturn).toBeCloseTo(label?.netReturn ?? Number.NaN, 12)
    }
  })

  it('never overlap, and never begin before the candle after their decision', () => {
    const trades = barrierTrades(walk(2000, 0), RULE, COSTS)
    trades.forEach(({ ts, entryTs, exitTs }, at) => {
      expect(entryTs).toBe(ts + HOUR)
      expect(exitTs).toBeGreaterThan(entryTs)
      expect(ts).toBeGreaterThanOrEqual((trades[at - 1]?.exitTs ?? 0) - HOUR)
    })
  })

  it('are not entered into a gap, and end at the first price behind one', () => {
    const series = walk(40, 0)
    series.score.fill(-1)
    series.confid.fill(1)
    series.score[3] = 1
    for (let row = 4; row < 40; row += 1) series.ts[row] = (row + 5) * HOUR
    expect(barrierTrades(series, RULE, FREE)).toEqual([])
    for (let row = 4; row < 40; row += 1) series.ts[row] = (row < 5 ? row : row + 50) * HOUR
    series.h[4] = series.o[4] as number
    series.l[4] = series.o[4] as number
    expect(barrierTrades(series, RULE, FREE)[0]?.grossReturn).toBeCloseTo(
      (series.o[5] as number) / (series.o[4] as number) - 1,
      12,
    )
  })

  it('that may lose a share only are made smaller by it', () => {
    const series = walk(2000, 0)
    const whole = barrierTrades(series, RULE, COSTS)
    const small = barrierTrades(series, { ...RULE, riskShare: 0.01 }, COSTS)
    expect(small.map(({ ts }) => ts)).toEqual(whole.map(({ ts }) => ts))
    for (const { netReturn } of small) expect(netReturn).toBeGreaterThan(-0.0101)
    expect(Math.min(...whole.map(({ netReturn }) => netReturn))).toBeLessThan(-0.0101)
  })
})

describe('the search', () => {
  it('finds the floor above which there is an edge, and earns by it out of sample', () => {
    const { rule, outOfSample, current, trials, folds, said, deflatedSharpe } = searched({ series: [walk(6000, 1)], costs: FREE })
    expect(rule?.floor).toBeGreaterThanOrEqual(0.7)
    expect(outOfSample.meanNetReturn).toBeGreaterThan(current.meanNetReturn ?? Number.NaN)
    expect(trials).toBe(12)
    expect(deflatedSharpe).toBeGreaterThan(0.95)
    expect(folds.map((fold) => fold.rule?.floor).every((floor) => (floor ?? 0) >= 0.7)).toBe(true)
    expect(said).toContain('earned')
  })

  it('says that a market without an edge earned nothing, whatever training promised', () => {
    // Even barriers: a walk of steps fills the nearer one of uneven ones better than a market would.
    const space = { floors: [0.55, 0.7, 0.85], profitAtrs: [1], stopAtrs: [1], expiryCandles: [6, 12], riskShares: [null] }
    const { outOfSample, said, deflatedSharpe } = searched({ space, series: [walk(6000, 0, 2), walk(6000, 0, 3)] })
    expect(outOfSample.netReturn).toBeLessThan(0)
    expect(deflatedSharpe).toBeLessThan(0.05)
    expect(said).toContain('lost money')
  })

  it('tells how far it is, so that a caller can stop it', () => {
    const search = searchRules({
      series: [walk(500, 0)],
      space: { floors: [0.6], profitAtrs: [1], stopAtrs: [1, 2], expiryCandles: [12], riskShares: [null] },
      current: RULE,
      costs: COSTS,
      folds: 2,
      embargoMs: 0,
    })
    expect(search.next().value).toEqual({ done: 1, total: 3 })
    expect(search.next().value).toEqual({ done: 2, total: 3 })
  })

  it('tests only what comes after all that was trained on, an expiry apart', () => {
    const { folds } = searched({ embargoMs: HOUR })
    expect(folds).toHaveLength(4)
    for (const fold of folds) expect(fold.testFromTs - fold.trainToTs).toBe(12 * HOUR)
  })

  it('does not look ahead: candles of a test and after it change nothing of what was chosen in training', () => {
    const [series, other] = [walk(6000, 0), walk(6000, 1, 9)]
    const [before] = searched({ series: [series] }).folds.slice(1)
    const from = Math.round((before?.testFromTs ?? 0) / HOUR)
    for (const name of ['o', 'h', 'l', 'c', 'atr', 'score', 'confid'] as const) series[name].set(other[name].subarray(from), from)
    const [after] = searched({ series: [series] }).folds.slice(1)
    expect(after).toMatchObject({ rule: before?.rule, training: before?.training })
    expect(after?.test).not.toEqual(before?.test)
  })

  it('counts the current rule as a trial, each rule once, and proposes nothing without trades', () => {
    const space = { floors: [0.55, 0.55], profitAtrs: [1], stopAtrs: [1], expiryCandles: [12], riskShares: [null] }
    expect(trialsOf(space, RULE)).toEqual([RULE])
    const { rule, said, outOfSample, deflatedSharpe } = searched({
      current: { ...RULE, floor: 1.1 },
      space: { ...space, floors: [1.2] },
    })
    expect(rule).toBeNull()
    expect(outOfSample).toMatchObject({ trades: 0, meanNetReturn: null, sharpe: null })
    expect(deflatedSharpe).toBeNull()
    expect(said).toContain(`none of 2 rules made ${TRADES_MIN} trades`)
  })

  it('refuses 312,500,000 combinations of equal values before it makes one', () => {
    const values = Array.from({ length: 50 }, () => 1)
    const floors = Object.defineProperty([...values], 0, {
      get() {
        throw new Error('a combination was made')
      },
    })
    const space = { floors, profitAtrs: values, stopAtrs: values, expiryCandles: values, riskShares: values }
    expect(() => trialsOf(space, RULE)).toThrow(RangeError)
  })

  it('refuses more combinations than a job may take', () => {
    const many = Array.from({ length: TRIALS_MAX + 1 }, (_, at) => at / TRIALS_MAX)
    expect(() =>
      trialsOf({ floors: many, profitAtrs: [1], stopAtrs: [1], expiryCandles: [12], riskShares: [null] }, RULE),
    ).toThrow(RangeError)
  })
})
