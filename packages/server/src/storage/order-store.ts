import type { Order, OrderState, Purpose, Side } from '@spark/core/trading/order'
import type { OrderCode, VenueCode } from '@spark/core/trading/path-codes'
import type { RiskCode } from '@spark/core/trading/risk'
import type { TradingArm } from '@spark/core/trading/strategy'
import { sql, type Kysely } from 'kysely'
import type { OrderRow } from './trading-tables.ts'
import { columnsOf, prepared, standIns } from './prepared.ts'
import type { MainTables } from './tables.ts'

/** An order and what the order path remembers of it besides. */
export interface StoredOrder extends Order {
  /** What it may still add to the exposure, millionths of the quote unit; 0 for exits and ended orders. */
  reservedMicros: number
  /** How often the venue said "not found" since the outcome became unknown, and when last, ms. */
  notFoundCount: number
  notFoundAt: number | null
  /** Of the stream that it was decided on; empty: it ended before that was kept. */
  tf: string
  /** Under which number its stream was owned when it was planned, and then when it was sent; 0: there was one host. */
  ownerNumber: number
}

/** Why it ended without a fill, or waits. */
type OrderReason = OrderCode | VenueCode | RiskCode | `not_placed: ${VenueCode | OrderCode}`

export type OrderChange = Partial<
  Pick<
    StoredOrder,
    'state' | 'filledQuantity' | 'venueOrderId' | 'sendingAt' | 'reservedMicros' | 'notFoundCount' | 'notFoundAt' | 'ownerNumber'
  > & { reason: OrderReason | null }
>

export interface OrderFilter {
  state?: OrderState
  strategyId?: string
  symbol?: string
  /** Only those behind this one in the list. */
  after?: { createdAt: number; intentId: string }
  limit: number
}

/** Reads and writes in the caller's transaction, or directly on the database. */
export interface OrderStore {
  insertAll(trx: Kysely<MainTables>, orders: readonly StoredOrder[]): Promise<void>
  get(trx: Kysely<MainTables>, intentId: string): Promise<StoredOrder | null>
  byClientOrderId(trx: Kysely<MainTables>, clientOrderId: string): Promise<StoredOrder | null>
  /** Those of `intentIds` that exist. */
  knownIds(trx: Kysely<MainTables>, intentIds: readonly string[]): Promise<Set<string>>
  /** Not ended, oldest first. */
  open(trx: Kysely<MainTables>): Promise<StoredOrder[]>
  change(trx: Kysely<MainTables>, intentId: string, change: OrderChange, nowMs: number): Promise<void>
  /** Newest first. */
  list(filter: OrderFilter): Promise<StoredOrder[]>
  /** How many orders are in each state. */
  countByState(): Promise<Partial<Record<OrderState, number>>>
}

/**
 * Not ended. Word for word the condition of the index trade_order_open: with the states as parameters the index would not be
 * used, and every order there ever was would be read.
 */
export const IS_OPEN = sql<boolean>`state in ('planned', 'reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown')`

/** 26 columns a row; a statement takes 32,766 parameters. */
const ROWS_A_STATEMENT = 500

const byIntent = prepared<MainTables, { id: string }, OrderRow>((from, parameter) =>
  from.selectFrom('trade_order').selectAll().where('intent_id', '=', parameter('id')),
)
const byClientId = prepared<MainTables, { id: string }, OrderRow>((from, parameter) =>
  from.selectFrom('trade_order').selectAll().where('client_order_id', '=', parameter('id')),
)
// Sorted by who asks: asked for an order, SQLite walks every order there is by its time instead of the index of the open ones.
const notEnded = prepared<MainTables, Record<string, never>, OrderRow>((from) =>
  from.selectFrom('trade_order').selectAll().where(IS_OPEN),
)
const changed = prepared<MainTables, Pick<OrderRow, 'intent_id' | 'changed_at'> & Partial<OrderRow>>((from, parameter, shape) => {
  const { intent_id: id, ...columns } = standIns(parameter, shape)
  return from.updateTable('trade_order').set(columns).where('intent_id', '=', id)
}, columnsOf)

const addRows = prepared<MainTables, { rows: readonly OrderRow[] }>(
  (from, parameter) => from.insertInto('trade_order').values(parameter('rows')),
  ({ rows }) => rows.length,
)

export function createOrderStore(db: Kysely<MainTables>): OrderStore {
  return {
    async insertAll(trx, orders) {
      for (let at = 0; at < orders.length; at += ROWS_A_STATEMENT)
        await addRows(trx, { rows: orders.slice(at, at + ROWS_A_STATEMENT).map(toRow) })
    },
    async get(trx, intentId) {
      return maybe((await byIntent(trx, { id: intentId })).rows[0])
    },
    async byClientOrderId(trx, clientOrderId) {
      return maybe((await byClientId(trx, { id: clientOrderId })).rows[0])
    },
    async knownIds(trx, intentIds) {
      const known = new Set<string>()
      for (let at = 0; at < intentIds.length; at += ROWS_A_STATEMENT) {
        const rows = await trx
          .selectFrom('trade_order')
          .select('intent_id')
          .where('intent_id', 'in', intentIds.slice(at, at + ROWS_A_STATEMENT))
          .execute()
        for (const { intent_id: id } of rows) known.add(id)
      }
      return known
    },
    async open(trx) {
      const { rows } = await notEnded(trx, {})
      return rows.map(fromRow).sort((a, b) => a.createdAt - b.createdAt || (a.intentId < b.intentId ? -1 : 1))
    },
    async change(trx, intentId, change, nowMs) {
      await changed(trx, { ...toChange(change), changed_at: nowMs, intent_id: intentId })
    },
    async list({ state, strategyId, symbol, after, limit }) {
      let query = db.selectFrom('trade_order').selectAll()
      if (state !== undefined) query = query.where('state', '=', state)
      if (strategyId !== undefined) query = query.where('strategy_id', '=', strategyId)
      if (symbol !== undefined) query = query.where('symbol', '=', symbol)
      if (after !== undefined)
        query = query.where((eb) =>
          eb.or([
            eb('created_at', '<', after.createdAt),
            eb.and([eb('created_at', '=', after.createdAt), eb('intent_id', '>', after.intentId)]),
          ]),
        )
      const rows = await query.orderBy('created_at', 'desc').orderBy('intent_id').limit(limit).execute()
      return rows.map(fromRow)
    },
    async countByState() {
      const rows = await db
        .selectFrom('trade_order')
        .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
        .groupBy('state')
        .execute()
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
    },
  }
}

function maybe(row: OrderRow | undefined): StoredOrder | null {
  return row === undefined ? null : fromRow(row)
}

function toRow(order: StoredOrder): OrderRow {
  return {
    intent_id: order.intentId,
    client_order_id: order.clientOrderId,
    strategy_id: order.strategyId,
    symbol: order.symbol,
    side: order.side,
    purpose: order.purpose,
    arm: order.arm,
    venue: order.venue,
    quantity: order.quantity,
    filled_quantity: order.filledQuantity,
    reference_price: order.referencePrice,
    state: order.state,
    reason: order.reason,
    epoch: order.epoch,
    candle_ts: order.candleTs,
    valid_until: order.validUntil,
    venue_order_id: order.venueOrderId,
    reserved_micros: order.reservedMicros,
    not_found_count: order.notFoundCount,
    not_found_at: order.notFoundAt,
    created_at: order.createdAt,
    sending_at: order.sendingAt,
    changed_at: order.changedAt,
    trace_id: order.traceId,
    tf: order.tf,
    owner_number: order.ownerNumber,
  }
}

function toChange(change: OrderChange): Partial<OrderRow> {
  return {
    ...(change.state !== undefined && { state: change.state }),
    ...(change.reason !== undefined && { reason: change.reason }),
    ...(change.filledQuantity !== undefined && { filled_quantity: change.filledQuantity }),
    ...(change.venueOrderId !== undefined && { venue_order_id: change.venueOrderId }),
    ...(change.sendingAt !== undefined && { sending_at: change.sendingAt }),
    ...(change.reservedMicros !== undefined && { reserved_micros: change.reservedMicros }),
    ...(change.notFoundCount !== undefined && { not_found_count: change.notFoundCount }),
    ...(change.notFoundAt !== undefined && { not_found_at: change.notFoundAt }),
    ...(change.ownerNumber !== undefined && { owner_number: change.ownerNumber }),
  }
}

function fromRow(row: OrderRow): StoredOrder {
  return {
    intentId: row.intent_id,
    clientOrderId: row.client_order_id,
    strategyId: row.strategy_id,
    symbol: row.symbol,
    side: row.side as Side,
    purpose: row.purpose as Purpose,
    arm: row.arm as TradingArm,
    venue: row.venue,
    quantity: row.quantity,
    filledQuantity: row.filled_quantity,
    referencePrice: row.reference_price,
    state: row.state as OrderState,
    reason: row.reason,
    epoch: row.epoch,
    candleTs: row.candle_ts,
    validUntil: row.valid_until,
    venueOrderId: row.venue_order_id,
    reservedMicros: row.reserved_micros,
    notFoundCount: row.not_found_count,
    notFoundAt: row.not_found_at,
    createdAt: row.created_at,
    sendingAt: row.sending_at,
    changedAt: row.changed_at,
    traceId: row.trace_id,
    tf: row.tf,
    ownerNumber: row.owner_number,
  }
}
