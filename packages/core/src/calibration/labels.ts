import type { Candle } from '../market/candle.ts'
import { timeframeMs, type Timeframe } from '../market/timeframe.ts'

/** What a trade costs on each of its two sides, as shares of the price. */
export interface TradingCosts {
  feeRate: number
  halfSpreadRate: number
  slippageRate: number
}

/** Cost of entry and exit together, as a share of the entry price. */
export function roundTripCost({ feeRate, halfSpreadRate, slippageRate }: TradingCosts): number {
  return 2 * (feeRate + halfSpreadRate + slippageRate)
}

/** Triple barrier (López de Prado 2018, chapter 3), with costs. */
export interface BarrierRule {
  /** Distances from the entry price, in ATR of the decision's candle. */
  readonly profitAtrs: number
  readonly stopAtrs: number
  /** What touched no barrier is closed at the end of this many candles. */
  readonly expiryCandles: number
  /** `roundTripCost` of the market. */
  readonly costRate: number
}

export const DEFAULT_BARRIERS: Omit<BarrierRule, 'costRate'> = Object.freeze({ profitAtrs: 1, stopAtrs: 1, expiryCandles: 12 })

/** Bounds what waits in a queue. */
export const EXPIRY_CANDLES_MAX = 1000

/** What was decided at the close of a candle. */
export interface LabelledDecision {
  /** Open time (ms) of the candle. */
  readonly ts: number
  readonly direction: 1 | -1
  /** The model's probability that the direction is right. */
  readonly confid: number
  /** ATR at the close, in quote units. */
  readonly atr: number
}

export type LabelOutcome = 'profit' | 'stop' | 'expiry'

/** What became of a decision. Returns and distances are shares of the entry price. */
export interface LabelResult {
  readonly entryTs: number
  readonly entryPrice: number
  /** End (ms) of the candle that closed the position. */
  readonly exitTs: number
  readonly exitPrice: number
  readonly outcome: LabelOutcome
  /** The candle touched both barriers; it counts as stop. */
  readonly ambiguous: boolean
  /** Candles seen from the entry to the exit, both included. */
  readonly candlesHeld: number
  readonly netReturn: number
  readonly hit: boolean
  readonly profitDistance: number
  readonly stopDistance: number
  readonly costRate: number
}

/** A decision, with whatever its maker gave it besides, and its result. */
export type Label<D extends LabelledDecision = LabelledDecision> = D & LabelResult

/** Share of hits at which a rule earns nothing: (stop + cost) / (profit + stop), not 0.5. */
export function breakEvenHitRate(label: Pick<Label, 'profitDistance' | 'stopDistance' | 'costRate'>): number {
  return (label.stopDistance + label.costRate) / (label.profitDistance + label.stopDistance)
}

interface OpenLabel<D> {
  readonly decision: D
  /** Null until the next candle opens. */
  entry: { readonly ts: number; readonly price: number; readonly profitPrice: number; readonly stopPrice: number } | null
  held: number
  result: LabelResult | null
}

/** The decisions of one stream and model that have no label yet. Plain JSON; changed in place by the two functions below, by nothing else. */
export interface LabelQueue<D extends LabelledDecision = LabelledDecision> {
  readonly timeframe: Timeframe
  readonly rule: BarrierRule
  open: OpenLabel<D>[]
  /** Open time (ms) of the last candle; -1 before the first. */
  lastTs: number
}

/** RangeError for a rule that can make no label. */
export function createLabelQueue<D extends LabelledDecision = LabelledDecision>(
  timeframe: Timeframe,
  rule: BarrierRule,
): LabelQueue<D> {
  const { profitAtrs, stopAtrs, expiryCandles, costRate } = rule
  const whole = Number.isSafeInteger(expiryCandles) && expiryCandles >= 1 && expiryCandles <= EXPIRY_CANDLES_MAX
  if (!whole) throw new RangeError(`expiry of ${expiryCandles} candles is not within 1 and ${EXPIRY_CANDLES_MAX}`)
  const distances = [profitAtrs, stopAtrs].every((distance) => Number.isFinite(distance) && distance > 0)
  if (!distances) throw new RangeError('a barrier is not a finite distance above 0')
  if (!(costRate >= 0 && costRate < 1)) throw new RangeError(`a cost of ${costRate} of the price is not in 0..1`)
  return { timeframe, rule, open: [], lastTs: -1 }
}

/**
 * Takes what was decided on the last candle. False when it can have no label: without an ATR above 0 there are no barriers.
 * RangeError when it is of another candle, or the second one of it.
 */
export function pushDecision<D extends LabelledDecision>(queue: LabelQueue<D>, decision: D): boolean {
  if (decision.ts !== queue.lastTs) throw new RangeError(`a decision of ${decision.ts} after the candle of ${queue.lastTs}`)
  if (queue.open.at(-1)?.decision.ts === decision.ts) throw new RangeError(`a second decision of ${decision.ts}`)
  if (!(decision.atr > 0 && Number.isFinite(decision.atr))) return false
  queue.open.push({ decision, entry: null, held: 0, result: null })
  return true
}

/**
 * Takes the next closed candle (valid; RangeError when it is not later than the last) and returns the labels that are due, in
 * the order of their decisions: one that ended waits for those decided before it. A decision whose next candle is missing was
 * never entered, and gets no label.
 */
export function pushLabelCandle<D extends LabelledDecision>(queue: LabelQueue<D>, candle: Candle): readonly Label<D>[] {
  if (candle.ts <= queue.lastTs) throw new RangeError(`candle ${candle.ts} is not later than ${queue.lastTs}`)
  const lengthMs = timeframeMs(queue.timeframe)
  const newest = queue.open.at(-1)
  if (newest?.entry === null) {
    if (candle.ts === newest.decision.ts + lengthMs) enter(newest, queue.rule, candle)
    else queue.open.pop()
  }
  queue.lastTs = candle.ts
  for (const one of queue.open) {
    if (one.entry !== null && one.result === null) one.result = follow(one, one.entry, queue.rule, candle, lengthMs)
  }
  return takeDue(queue)
}

const NONE: readonly never[] = Object.freeze([])

function takeDue<D extends LabelledDecision>(queue: LabelQueue<D>): readonly Label<D>[] {
  let first = queue.open[0]
  if (first === undefined || first.result === null) return NONE
  const due: Label<D>[] = []
  while (first !== undefined && first.result !== null) {
    due.push({ ...first.decision, ...first.result })
    queue.open.shift()
    first = queue.open[0]
  }
  return due
}

function enter(one: OpenLabel<LabelledDecision>, rule: BarrierRule, candle: Candle): void {
  const { direction, atr } = one.decision
  one.entry = {
    ts: candle.ts,
    price: candle.o,
    profitPrice: candle.o + direction * rule.profitAtrs * atr,
    stopPrice: candle.o - direction * rule.stopAtrs * atr,
  }
}

type Entry = NonNullable<OpenLabel<LabelledDecision>['entry']>

/** The result when the candle ends the position, else null. */
function follow(
  one: OpenLabel<LabelledDecision>,
  entry: Entry,
  rule: BarrierRule,
  candle: Candle,
  lengthMs: number,
): LabelResult | null {
  const up = one.decision.direction === 1
  const expiryMs = entry.ts + rule.expiryCandles * lengthMs
  // Candles up to the expiry are missing: the first price after it is this open.
  if (candle.ts >= expiryMs) return resultOf(one, entry, rule, 'expiry', candle.o, candle.ts, false)
  one.held += 1
  const endMs = candle.ts + lengthMs
  const stopped = up ? candle.l <= entry.stopPrice : candle.h >= entry.stopPrice
  const profited = up ? candle.h >= entry.profitPrice : candle.l <= entry.profitPrice
  // A stop that was jumped over is filled at the open, which is worse.
  if (stopped) {
    const price = up ? Math.min(candle.o, entry.stopPrice) : Math.max(candle.o, entry.stopPrice)
    return resultOf(one, entry, rule, 'stop', price, endMs, profited)
  }
  if (profited) return resultOf(one, entry, rule, 'profit', entry.profitPrice, endMs, false)
  return endMs >= expiryMs ? resultOf(one, entry, rule, 'expiry', candle.c, endMs, false) : null
}

function resultOf(
  { decision: { direction, atr }, held }: OpenLabel<LabelledDecision>,
  entry: Entry,
  { profitAtrs, stopAtrs, costRate }: BarrierRule,
  outcome: LabelOutcome,
  exitPrice: number,
  exitTs: number,
  ambiguous: boolean,
): LabelResult {
  const netReturn = (direction * (exitPrice - entry.price)) / entry.price - costRate
  return {
    entryTs: entry.ts,
    entryPrice: entry.price,
    exitTs,
    exitPrice,
    outcome,
    ambiguous,
    candlesHeld: held,
    netReturn,
    hit: outcome === 'profit' || (outcome === 'expiry' && netReturn > 0),
    profitDistance: (profitAtrs * atr) / entry.price,
    stopDistance: (stopAtrs * atr) / entry.price,
    costRate,
  }
}
