import { deflatedSharpe } from '../calibration/sharpe.ts'
import type { TradingCosts } from '../calibration/labels.ts'
import { momentsOf } from '../stats/moments.ts'
import { barrierTrades, type BarrierTrade, type ScoredSeries, type TradeRule } from './barrier-trades.ts'
import { tradeFigures, type TradeFigures } from './trade-figures.ts'
import { testEvents, trainingEvents, walkForwardSplits, type Split } from './walk-forward.ts'

/** Values to try of each; every combination is a trial. */
export interface SearchSpace {
  floors: readonly number[]
  profitAtrs: readonly number[]
  stopAtrs: readonly number[]
  expiryCandles: readonly number[]
  riskShares: readonly (number | null)[]
}

export interface SearchInput {
  /** The streams the strategy, or strategies, trade. */
  series: readonly ScoredSeries[]
  space: SearchSpace
  /** What is in use now: it is a trial as well, and what the proposal is compared with. */
  current: TradeRule
  costs: TradingCosts
  folds: number
  /** Between training and test, ms; at least the longest expiry is kept besides. */
  embargoMs: number
}

export interface SearchFold extends Split {
  /** Null: no rule traded often enough in training, and nothing is traded in the test. */
  rule: TradeRule | null
  training: TradeFigures
  test: TradeFigures
}

export interface SearchProposal {
  /** The best rule on all that is known; null: none made enough trades. A proposal, never a change. */
  rule: TradeRule | null
  /** Of the rules chosen in training, on the tests that followed: what the search is worth. */
  outOfSample: TradeFigures
  /** Of what is in use now, on the same tests. */
  current: TradeFigures
  /** How many rules were tried. */
  trials: number
  /** Probability that the true Sharpe ratio out of sample is above what so many trials without skill would show; null without one. */
  deflatedSharpe: number | null
  folds: SearchFold[]
  /** In plain words. */
  said: string
}

const BETTER_THAN_LUCK = 0.95

/** Whether a deflated Sharpe ratio says more than luck would. */
export function beatsLuck(ratio: number | null): boolean {
  return ratio !== null && ratio >= BETTER_THAN_LUCK
}

/** What is tried when nothing else is asked for. */
export const USUAL_SPACE = {
  floors: [0.55, 0.6, 0.65, 0.7, 0.75],
  profitAtrs: [1, 1.5, 2, 3],
  stopAtrs: [1, 1.5, 2],
  expiryCandles: [6, 12, 24],
  riskShares: [null, 0.01],
} as const satisfies SearchSpace
export const USUAL_FOLDS = 5
export const USUAL_EMBARGO_CANDLES = 24

export const TRIALS_MAX = 5000
/** In training: fewer trades say nothing of a rule. */
export const TRADES_MIN = 30

/** Every combination, the current rule first and not twice. RangeError for more than TRIALS_MAX, of equal values as well: before any is made. */
export function trialsOf(space: SearchSpace, current: TradeRule): TradeRule[] {
  const count = Object.values(space).reduce((product, values) => product * values.length, 1)
  if (count > TRIALS_MAX) throw new RangeError(`more than ${TRIALS_MAX} combinations`)
  const rules: TradeRule[] = [current]
  const known = new Set([JSON.stringify(ordered(current))])
  for (const floor of space.floors)
    for (const profitAtrs of space.profitAtrs)
      for (const stopAtrs of space.stopAtrs)
        for (const expiryCandles of space.expiryCandles)
          for (const riskShare of space.riskShares) {
            const rule = { floor, profitAtrs, stopAtrs, expiryCandles, riskShare }
            const name = JSON.stringify(rule)
            if (!known.has(name)) rules.push(rule)
            known.add(name)
            if (rules.length > TRIALS_MAX) throw new RangeError(`more than ${TRIALS_MAX} combinations`)
          }
  return rules
}

/**
 * Walk-forward search: in each fold the rule with the best t-statistic of its net return per trade in training is judged on the
 * test that follows. Yields how many trials are done, so that a caller can show it and stop; what it returns is the proposal.
 */
export function* searchRules(input: SearchInput): Generator<{ done: number; total: number }, SearchProposal> {
  const rules = trialsOf(input.space, input.current)
  const trialTrades: BarrierTrade[][] = []
  for (const rule of rules) {
    trialTrades.push(
      input.series
        .flatMap((series) => barrierTrades(series, rule, input.costs))
        .sort((a, b) => a.ts - b.ts || a.exitTs - b.exitTs),
    )
    yield { done: trialTrades.length, total: rules.length }
  }
  const splits = splitsOf(input)
  const inTests = (trades: readonly BarrierTrade[]) => splits.flatMap((split) => testEvents(trades, split))
  const folds = splits.map((split) => {
    const best = bestTrial(trialTrades.map((trades) => trainingEvents(trades, split)))
    const trades = trialTrades[best ?? -1] ?? []
    return {
      ...split,
      rule: rules[best ?? -1] ?? null,
      training: tradeFigures(trainingEvents(trades, split)),
      test: tradeFigures(testEvents(trades, split)),
      trades: testEvents(trades, split),
    }
  })
  const outOfSampleTrades = folds.flatMap(({ trades }) => trades)
  const outOfSample = tradeFigures(outOfSampleTrades)
  const current = tradeFigures(inTests(trialTrades[0] ?? []))
  const rule = rules[bestTrial(trialTrades) ?? -1] ?? null
  return {
    rule,
    outOfSample,
    current,
    trials: rules.length,
    deflatedSharpe: deflatedSharpe(
      outOfSampleTrades.map(({ netReturn }) => netReturn),
      { count: rules.length, sharpeVariance: variance(trialTrades.map((trades) => tradeFigures(inTests(trades)).sharpe)) },
    ),
    folds: folds.map(({ trades: _trades, ...fold }) => fold),
    said: saidOf(rule, outOfSample, current, rules.length),
  }
}

/** Of those there are; 0 for fewer than two. */
function variance(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null)
  return (momentsOf(known)?.deviation ?? 0) ** 2
}

function splitsOf({ series, space, current, folds, embargoMs }: SearchInput): Split[] {
  const first = series.map(({ ts }) => ts[0]).filter((ts) => ts !== undefined)
  const ends = series.map(({ ts, lengthMs }) => (ts.at(-1) ?? Number.NaN) + lengthMs).filter((ts) => !Number.isNaN(ts))
  if (first.length === 0) throw new RangeError('there are no candles to search on')
  const longestMs = Math.max(...series.map(({ lengthMs }) => lengthMs)) * Math.max(current.expiryCandles, ...space.expiryCandles)
  return walkForwardSplits({
    fromTs: Math.min(...first),
    toTs: Math.max(...ends),
    folds,
    embargoMs: Math.max(embargoMs, longestMs),
  })
}

/** The trial with the highest t-statistic, the earlier one of equals; null when none has TRADES_MIN trades. */
function bestTrial(trialTrades: readonly (readonly BarrierTrade[])[]): number | null {
  let best: number | null = null
  let highest = Number.NEGATIVE_INFINITY
  for (const [trial, trades] of trialTrades.entries()) {
    if (trades.length < TRADES_MIN) continue
    const { sharpe } = tradeFigures(trades)
    if (sharpe === null || !(sharpe * Math.sqrt(trades.length) > highest)) continue
    best = trial
    highest = sharpe * Math.sqrt(trades.length)
  }
  return best
}

function saidOf(rule: TradeRule | null, outOfSample: TradeFigures, current: TradeFigures, trials: number): string {
  if (rule === null) return `none of ${trials} rules made ${TRADES_MIN} trades: there is nothing to propose`
  const earned = ({ trades, meanNetReturn }: TradeFigures) =>
    meanNetReturn === null ? 'no trade' : `${(10_000 * meanNetReturn).toFixed(1)} basis points a trade over ${trades} trades`
  const worth = outOfSample.netReturn > 0 ? 'earned' : 'lost money or made nothing:'
  return `out of sample and after costs the best of ${trials} rules ${worth} ${earned(outOfSample)}; what is in use now: ${earned(current)}`
}

function ordered({ floor, profitAtrs, stopAtrs, expiryCandles, riskShare }: TradeRule): TradeRule {
  return { floor, profitAtrs, stopAtrs, expiryCandles, riskShare }
}
