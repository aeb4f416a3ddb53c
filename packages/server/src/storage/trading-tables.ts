import type { Generated } from 'kysely'

/** Rows of strategies, orders and what surrounds them. Decimals are text; `_micros` are millionths of the quote unit. */

export interface StrategyRow {
  id: string
  name: string
  symbol: string
  tf: string
  capital: string
  mode: string
  status: string
  baseline: string
  exposed: number
  /** Why Spark paused it by itself; null otherwise. */
  pause_reason: string | null
  /** Open time of the candle it decided on last; 0 before the first. */
  decided_ts: number
  created_at: number
  changed_at: number
}

export interface PositionRow {
  strategy_id: string
  symbol: string
  /** The arm that opened it. */
  arm: string
  /** Base units; 0 when flat. */
  quantity: string
  /** Cost of what is held per base unit, buying fees in the quote asset included. */
  average_price: string
  opened_at: number
  reduce_only: number
  /** quantity × average_price. */
  exposure_micros: number
  changed_at: number
}

export interface ProfitRow {
  strategy_id: string
  arm: string
  /** Quote units, after fees. */
  realized: string
  /** Quote units, in realized already. */
  fees: string
  fills: number
  changed_at: number
}

export interface RolloutEpochRow {
  id: number
  epoch: number
  ml_off: number
  /** Exposure counts until then; the controller renews it. */
  lease_until: number
  changed_at: number
  /** Ordinals of rollouts up to here were given, although a restored backup may not know them. */
  rollouts_given: number
}

export interface OrderRow {
  intent_id: string
  client_order_id: string
  strategy_id: string
  symbol: string
  side: string
  purpose: string
  arm: string
  venue: string
  quantity: string
  filled_quantity: string
  reference_price: string
  state: string
  reason: string | null
  epoch: number
  candle_ts: number
  valid_until: number
  venue_order_id: string | null
  /** What it may still add to the exposure: 0 for exits and when it has ended. */
  reserved_micros: number
  /** How often the venue said that it has no such order, while the outcome was unknown. */
  not_found_count: number
  not_found_at: number | null
  created_at: number
  sending_at: number | null
  changed_at: number
  trace_id: string
  /** Of the stream it was decided on; empty: it ended before that was kept. */
  tf: string
  /** Under which number its stream was owned when it was planned, and then when it was sent; 0: there was one host. */
  owner_number: number
}

export interface FillRow {
  venue: string
  symbol: string
  fill_id: string
  intent_id: string
  strategy_id: string
  arm: string
  side: string
  quantity: string
  price: string
  fee: string
  fee_asset: string
  /** Profit that this fill realised, quote units; 0 for a buy. */
  realized: string
  ts: number
  recorded_at: number
}

/** Audit events that were committed with what they tell of, on their way into the chain. */
export interface AuditOutboxRow {
  id: Generated<number>
  event: string
}

export interface VenueStateRow {
  venue: string
  /** Null: orders may be sent. */
  halted_reason: string | null
  /** Null: orders may increase risk. */
  entries_stopped_reason: string | null
  reconciled_at: number | null
  changed_at: number
}

export interface KillSwitchRow {
  /** `all`, `venue:NAME` or `strategy:ID`. */
  scope: string
  reason: string
  actor: string
  set_at: number
}

/** What the account at a venue must hold by our book: what it opened with, and every fill since. */
export interface VenueBalanceRow {
  venue: string
  asset: string
  amount: string
  changed_at: number
}

export interface EquityPointRow {
  ts: number
  /** `total`, `arm:NAME` or `strategy:ID`. */
  scope: string
  equity: string
  realized: string
  unrealized: string
  fees: string
}

/** Equity at moments that limits refer to: `day:2026-11-24`, `peak`, `now`. */
export interface EquityMarkRow {
  name: string
  ts: number
  equity: string
}

export interface QueueJobRow {
  id: string
  queue: string
  key: string
  payload: string
  /** `ready`, `leased` or `dead`. */
  state: string
  attempts: number
  run_at: number
  lease_until: number | null
  lease_token: string | null
  reason: string | null
  detail: string | null
  enqueued_at: number
  changed_at: number
  /** The stream whose owner takes it; null: the leader. With one host nobody asks. */
  owner: string | null
}

/** Who has what, among several hosts. */
export interface LeaseRow {
  name: string
  holder: string
  number: number
  /** ms by the clock of the database. */
  until: number
}
