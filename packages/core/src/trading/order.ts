import type { DecimalText } from './decimal.ts'
import type { TradingArm } from './strategy.ts'

export type Side = 'buy' | 'sell'

/** Why an order is sent. Only `enter` increases risk. */
export type Purpose = 'enter' | 'exit' | 'flatten'

export const ORDER_STATES = [
  'planned',
  'reserved',
  'sending',
  'acknowledged',
  'partly_filled',
  'unknown',
  'filled',
  'cancelled',
  'rejected',
  'expired',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** A wish of a strategy, before and after it became an order at a venue. */
export interface Order {
  /** hash(strategy, candle, purpose): the same wish has the same id, whatever happens. */
  intentId: string
  /** Derived from the intent id, never renewed. */
  clientOrderId: string
  strategyId: string
  symbol: string
  side: Side
  purpose: Purpose
  arm: TradingArm
  venue: string
  /** Base units. */
  quantity: DecimalText
  filledQuantity: DecimalText
  /** Price at which the strategy decided, quote units. */
  referencePrice: DecimalText
  state: OrderState
  /** Stable code of why it ended badly; null otherwise. */
  reason: string | null
  /** Rollout epoch in which it was decided. */
  epoch: number
  /** Open time of the candle that was decided on, ms. */
  candleTs: number
  /** Never sent after, ms. */
  validUntil: number
  venueOrderId: string | null
  createdAt: number
  /** When it was last marked as sending, ms; null before. */
  sendingAt: number | null
  changedAt: number
  traceId: string
}
