import { isDust, roundToStep, type Instrument } from '../market/instrument.ts'
import type { Decision } from '../signal/decision.ts'
import { Decimal, type DecimalText } from './decimal.ts'
import type { Strategy, TradingArm } from './strategy.ts'

/** What an arm says of the closed candle. */
export interface MlAnswer {
  decision: Decision
  /** Must not drive an order. */
  advisory: boolean
  /** Why the row could not be scored, or null. */
  error: string | null
}

export interface HeldPosition {
  /** The arm that opened it. */
  arm: TradingArm
  /** Handed over: it is only ever closed, by the baseline. */
  reduceOnly: boolean
}

export const POSITION_REASONS = [
  'long_signal',
  'short_signal',
  'no_opinion',
  'already_long',
  'already_flat',
  'advisory',
  'score_error',
  'no_answer',
  'not_running',
] as const

export interface PositionDecision {
  action: 'enter' | 'exit' | 'keep'
  /** Whose decision it was. */
  arm: TradingArm
  reason: (typeof POSITION_REASONS)[number]
}

/** Sign of ema_20 − ema_50; 0 when either is not a finite number. */
export function baselineDecision({ ema_20, ema_50 }: { ema_20: number; ema_50: number }): Decision {
  if (!Number.isFinite(ema_20) || !Number.isFinite(ema_50) || ema_20 === ema_50) return 0
  return ema_20 > ema_50 ? 1 : -1
}

/**
 * The arm whose decision counts: ML where the strategy is exposed and does not hold a position that the baseline opened or was
 * handed; that one is the baseline's until it is closed.
 */
export function actingArm(strategy: Pick<Strategy, 'exposed'>, mlOff: boolean, held: HeldPosition | null): TradingArm {
  if (!strategy.exposed || mlOff) return 'baseline'
  return held === null || (held.arm === 'ml' && !held.reduceOnly) ? 'ml' : 'baseline'
}

/** Spot is long or flat: +1 enters, −1 closes, 0 keeps. No usable answer of the arm that counts keeps as well. */
export function decidePosition(input: {
  strategy: Pick<Strategy, 'exposed' | 'status'>
  held: HeldPosition | null
  baseline: Decision
  /** Null: nobody asked, or nobody answered. */
  ml: MlAnswer | null
  mlOff: boolean
}): PositionDecision {
  const { strategy, held, baseline, ml, mlOff } = input
  const arm = actingArm(strategy, mlOff, held)
  const keep = (reason: PositionDecision['reason']): PositionDecision => ({ action: 'keep', arm, reason })
  if (strategy.status !== 'running') return keep('not_running')
  if (arm === 'ml') {
    if (ml === null) return keep('no_answer')
    if (ml.error !== null) return keep('score_error')
    if (ml.advisory) return keep('advisory')
  }
  const decision = arm === 'ml' && ml !== null ? ml.decision : baseline
  if (decision === 0) return keep('no_opinion')
  if (decision === 1) return held === null ? { action: 'enter', arm, reason: 'long_signal' } : keep('already_long')
  return held === null ? keep('already_flat') : { action: 'exit', arm, reason: 'short_signal' }
}

/** capital / price in whole lots, at most what the venue takes; 0 when that is less than it takes. */
export function entryQuantity(capital: DecimalText, price: Decimal, instrument: Instrument): Decimal {
  if (!price.gt(0)) return new Decimal(0)
  const wanted = roundToStep(new Decimal(capital).div(price), instrument.lotSize)
  const quantity = instrument.maxQuantity === null ? wanted : Decimal.min(wanted, instrument.maxQuantity)
  return isDust(quantity, price, instrument) ? new Decimal(0) : quantity
}

/** All that can be sold; 0 when what is held is dust. */
export function exitQuantity(held: DecimalText, price: Decimal, instrument: Instrument): Decimal {
  const quantity = roundToStep(new Decimal(held), instrument.lotSize)
  return isDust(quantity, price, instrument) ? new Decimal(0) : quantity
}
