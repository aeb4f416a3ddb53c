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
export interface Label extends LabelledDecision {
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

/** Share of hits at which a rule earns nothing: (stop + cost) / (profit + stop), not 0.5. */
export function breakEvenHitRate(label: Pick<Label, 'profitDistance' | 'stopDistance' | 'costRate'>): number {
  return (label.stopDistance + label.costRate) / (label.profitDistance + label.stopDistance)
}

interface OpenLabel {
  readonly decision: LabelledDecision
  /** Null until the next candle opens. */
  entry: { readonly ts: number; readonly price: number; readonly profitPrice: number; readonly stopPrice: number } | null
  held: number
  label: Label | null
}

/** The decisions of one stream and model that have no label yet. Plain JSON; changed in place by the two functions below, by nothing else. */
export interface LabelQueue {
  readonly timeframe: Timeframe
  readonly rule: BarrierRule
  open: OpenLabel[]
  /** Open time (ms) of the last candle; -1 before the first. */
  lastTs: number
}

/** RangeError for a rule that can make no label. */
export function createLabelQueue(timeframe: Timeframe, rule: BarrierRule): LabelQueue {
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
export function pushDecision(queue: LabelQueue, decision: LabelledDecision): boolean {
  if (decision.ts !== queue.lastTs) throw new RangeError(`a decision of ${decision.ts} after the candle of ${queue.lastTs}`)
  if (queue.open.at(-1)?.decision.ts === decision.ts) throw new RangeError(`a second decision of ${decision.ts}`)
  if (!(decision.atr > 0 && Number.isFinite(decision.atr))) return false
  const { ts, direction, confid, atr } = decision
  queue.open.push({ decision: { ts, direction, confid, atr }, entry: null, held: 0, label: null })
  return true
}

/**
 * Takes the next closed candle (valid; RangeError when it is not later than the last) and returns the labels that are due, in
 * the order of their decisions: one that ended waits for those decided before it. A decision whose next candle is missing was
 * never entered, and gets no label.
 */
export function pushLabelCandle(queue: LabelQueue, candle: Candle): readonly Label[] {
  if (candle.ts <= queue.lastTs) throw new RangeError(`candle ${candle.ts} is not later than ${queue.lastTs}`)
  const lengthMs = timeframeMs(queue.timeframe)
  const newest = queue.open.at(-1)
  if (newest?.entry === null) {
    if (candle.ts === newest.decision.ts + lengthMs) enter(newest, queue.rule, candle)
    else queue.open.pop()
  }
  queue.lastTs = candle.ts
  for (const one of queue.open) {
    if (one.entry !== null && one.label === null) one.label = follow(one, one.entry, queue.rule, candle, lengthMs)
  }
  return takeDue(queue)
}

const NONE: readonly Label[] = Object.freeze([])

function takeDue(queue: LabelQueue): readonly Label[] {
  const [first] = queue.open
  if (first === undefined || first.label === null) return NONE
  const waiting = queue.open.findIndex(({ label }) => label === null)
  const due = queue.open.splice(0, waiting === -1 ? queue.open.length : waiting)
  return due.flatMap(({ label }) => label ?? [])
}

function enter(one: OpenLabel, rule: BarrierRule, candle: Candle): void {
  const { direction, atr } = one.decision
  one.entry = {
    ts: candle.ts,
    price: candle.o,
    profitPrice: candle.o + direction * rule.profitAtrs * atr,
    stopPrice: candle.o - direction * rule.stopAtrs * atr,
  }
}

/** The label when the candle ends the position, else null. */
function follow(
  one: OpenLabel,
  entry: NonNullable<OpenLabel['entry']>,
  rule: BarrierRule,
  candle: Candle,
  lengthMs: number,
): Label | null {
  const up = one.decision.direction === 1
  const expiryMs = entry.ts + rule.expiryCandles * lengthMs
  // Candles up to the expiry are missing: the first price after it is this open.
  if (candle.ts >= expiryMs) return labelOf(one, entry, rule, candle.o, candle.ts, 'expiry', false)
  one.held += 1
  const endMs = candle.ts + lengthMs
  const stopped = up ? candle.l <= entry.stopPrice : candle.h >= entry.stopPrice
  const profited = up ? candle.h >= entry.profitPrice : candle.l <= entry.profitPrice
  // A stop that was jumped over is filled at the open, which is worse.
  if (stopped) {
    const price = up ? Math.min(candle.o, entry.stopPrice) : Math.max(candle.o, entry.stopPrice)
    return labelOf(one, entry, rule, price, endMs, 'stop', profited)
  }
  if (profited) return labelOf(one, entry, rule, entry.profitPrice, endMs, 'profit', false)
  return endMs >= expiryMs ? labelOf(one, entry, rule, candle.c, endMs, 'expiry', false) : null
}

function labelOf(
  one: OpenLabel,
  entry: NonNullable<OpenLabel['entry']>,
  rule: BarrierRule,
  exitPrice: number,
  exitTs: number,
  outcome: LabelOutcome,
  ambiguous: boolean,
): Label {
  const { ts, direction, confid, atr } = one.decision
  const netReturn = (direction * (exitPrice - entry.price)) / entry.price - rule.costRate
  return {
    ts,
    direction,
    confid,
    atr,
    entryTs: entry.ts,
    entryPrice: entry.price,
    exitTs,
    exitPrice,
    outcome,
    ambiguous,
    candlesHeld: one.held,
    netReturn,
    hit: outcome === 'profit' || (outcome === 'expiry' && netReturn > 0),
    profitDistance: (rule.profitAtrs * atr) / entry.price,
    stopDistance: (rule.stopAtrs * atr) / entry.price,
    costRate: rule.costRate,
  }
}
