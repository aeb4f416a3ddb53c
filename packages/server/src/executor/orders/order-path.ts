import type { Kysely } from 'kysely'
import { streamName, type Stream } from '@spark/core/market/candle'
import type { Instrument } from '@spark/core/market/instrument'
import type { Timeframe } from '@spark/core/market/timeframe'
import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { OrderState } from '@spark/core/trading/order'
import { isFinal, nextOrderState, type OrderEvent } from '@spark/core/trading/order-machine'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { KnownAlerts } from '../../notify/alerts.ts'
import type { NewJob, Queue } from '../../queue/queue.ts'
import type { EffectiveLimits } from '../../risk-limits.ts'
import type { AuditEvent } from '../../storage/audit/audit-event.ts'
import type { OrderChange, StoredOrder } from '../../storage/order-store.ts'
import { toMicros } from '../../storage/position-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import type { TradingStores } from '../../storage/trading-stores.ts'
import type { Venue } from '../../venue/venue.ts'
import type { Group } from '../group/group.ts'

/** What every part of the order path works with. */
export interface OrderPath extends TradingStores {
  /** The market's time: of the data in a replay. */
  clock: Clock
  /** Wall time of the folder, ms: leases and both ends of a receive window are held by it. The fence alone is in real ms. */
  wallMs(): number
  /** Whether the exposure counts by the lease that was just read from the fence. */
  leaseHolds(leaseUntil: number): boolean
  /** Why no order may increase risk although nobody forbids it: the clock cannot be believed. Null: it can. */
  clockDoubt(): string | null
  log: Log
  queue: Queue
  venue: Venue
  /** By symbol, as the venue lists them. */
  instruments: ReadonlyMap<string, Instrument>
  /** What an order is held to now: of the transaction in which it is planned. */
  limits(trx: Kysely<MainTables>): Promise<EffectiveLimits>
  /** Real money: only strategies with mode live send orders. */
  live: boolean
  alerts: KnownAlerts
  /** The last good market price. */
  lastPrice(symbol: string): { price: number; ts: number } | null
  /** Equity now, at midnight UTC and at its highest; null when it is not known. */
  equity(): { now: DecimalText; dayStart: DecimalText; peak: DecimalText } | null
  /** Whose streams are whose. */
  group: Group
  /** Something was committed: jobs and audit events may wait. */
  committed(): void
}

/** One order is one job, however often it is enqueued. */
export function sendJob(order: Pick<StoredOrder, 'intentId' | 'symbol' | 'tf'>): NewJob {
  const { intentId } = order
  return { queue: 'order', key: `send ${intentId}`, payload: { kind: 'send', intentId }, owner: streamName(streamOf(order)) }
}

/** What the order was decided on: whoever owns it sends. */
export function streamOf({ symbol, tf }: Pick<StoredOrder, 'symbol' | 'tf'>): Stream {
  return { symbol, tf: tf as Timeframe }
}

/** What an order may still add to the exposure. */
export function reservedMicros(order: Pick<StoredOrder, 'purpose' | 'quantity' | 'filledQuantity' | 'referencePrice'>): number {
  if (order.purpose !== 'enter') return 0
  return toMicros(Decimal.max(0, new Decimal(order.quantity).minus(order.filledQuantity)).times(order.referencePrice))
}

/**
 * Takes an order to its next state in the caller's transaction: the row, what it reserves, and an audit event. Null when the
 * event may not happen in its state; nothing is changed then.
 */
export async function advance(
  path: OrderPath,
  trx: Kysely<MainTables>,
  order: StoredOrder,
  event: OrderEvent,
  change: Omit<OrderChange, 'state' | 'reservedMicros'> = {},
  told: Record<string, unknown> = {},
): Promise<StoredOrder | null> {
  const state = nextOrderState(order.state, event)
  if (state === null) return null
  const next = { ...order, ...change, state }
  const after: StoredOrder = { ...next, reservedMicros: isFinal(state) ? 0 : reservedMicros(next) }
  await path.orders.change(trx, order.intentId, { ...change, state, reservedMicros: after.reservedMicros }, path.clock.nowMs())
  // An order that stays in its state has nothing to tell, unless it comes with something.
  if (state !== order.state || Object.keys(told).length > 0) await path.outbox.add(trx, [orderEvent(path, after, told)])
  return after
}

const FAILED: ReadonlySet<OrderState> = new Set(['rejected', 'expired', 'unknown'])

/** What the audit says of an order in its state. */
export function orderEvent(path: Pick<OrderPath, 'clock'>, order: StoredOrder, told: Record<string, unknown> = {}): AuditEvent {
  const failed = FAILED.has(order.state)
  const event: AuditEvent = {
    ts: path.clock.nowMs(),
    action: `order.${order.state}`,
    actor: 'executor',
    strategyId: order.strategyId,
    traceId: order.traceId,
    result: failed ? 'err' : 'ok',
    context: {
      intentId: order.intentId,
      clientOrderId: order.clientOrderId,
      symbol: order.symbol,
      side: order.side,
      purpose: order.purpose,
      arm: order.arm,
      venue: order.venue,
      quantity: order.quantity,
      filledQuantity: order.filledQuantity,
      referencePrice: order.referencePrice,
      epoch: order.epoch,
      candleTs: order.candleTs,
      reason: order.reason,
      ...told,
    },
  }
  if (failed) event._err = order.reason ?? order.state
  return event
}
