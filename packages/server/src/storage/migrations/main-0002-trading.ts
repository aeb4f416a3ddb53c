import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { forbidChange } from './forbid-change.ts'

/** Decimals are text, so that no digit is lost; sums of risk are integers in millionths of the quote unit. */
export const main0002Trading: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [...STRATEGY_TABLES, ...ORDER_TABLES, ...OPERATION_TABLES]) await sql.raw(statement).execute(db)
    await forbidChange(db, 'order_fill')
    await sql`insert into rollout_epoch (id, epoch, ml_off, changed_at) values (1, 1, 0, 0)`.execute(db)
  },
}

const STRATEGY_TABLES = [
  `create table strategy (
    id text primary key not null, name text not null, symbol text not null, tf text not null, capital text not null,
    mode text not null, status text not null, baseline text not null, exposed integer not null,
    pause_reason text, decided_ts integer not null, created_at integer not null, changed_at integer not null) strict`,
  `create index strategy_stream on strategy (symbol, tf)`,
  `create table position (
    strategy_id text primary key not null references strategy (id), symbol text not null, arm text not null,
    quantity text not null, average_price text not null, opened_at integer not null, reduce_only integer not null,
    exposure_micros integer not null, changed_at integer not null) strict`,
  `create table profit (
    strategy_id text not null references strategy (id), arm text not null, realized text not null, fees text not null,
    fills integer not null, changed_at integer not null, primary key (strategy_id, arm)) strict, without rowid`,
  `create table rollout_epoch (
    id integer primary key not null check (id = 1), epoch integer not null, ml_off integer not null, changed_at integer not null) strict`,
]

const ORDER_TABLES = [
  `create table trade_order (
    intent_id text primary key not null, client_order_id text not null unique,
    strategy_id text not null references strategy (id), symbol text not null, side text not null, purpose text not null,
    arm text not null, venue text not null, quantity text not null, filled_quantity text not null,
    reference_price text not null, state text not null, reason text, epoch integer not null, candle_ts integer not null,
    valid_until integer not null, venue_order_id text, reserved_micros integer not null, not_found_count integer not null,
    not_found_at integer, created_at integer not null, sending_at integer, changed_at integer not null,
    trace_id text not null) strict`,
  `create index trade_order_open on trade_order (strategy_id, state)
    where state in ('planned', 'reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown')`,
  `create index trade_order_strategy on trade_order (strategy_id, candle_ts)`,
  `create index trade_order_created on trade_order (created_at)`,
  `create index trade_order_sending on trade_order (sending_at) where sending_at is not null`,
  `create table order_fill (
    venue text not null, symbol text not null, fill_id text not null, intent_id text not null references trade_order (intent_id),
    strategy_id text not null, arm text not null, side text not null, quantity text not null, price text not null,
    fee text not null, fee_asset text not null, realized text not null, ts integer not null, recorded_at integer not null,
    primary key (venue, symbol, fill_id)) strict, without rowid`,
  `create index order_fill_ts on order_fill (ts)`,
  `create index order_fill_intent on order_fill (intent_id)`,
  `create table audit_outbox (id integer primary key autoincrement not null, event text not null) strict`,
  `create table venue_state (
    venue text primary key not null, halted_reason text, reconciled_at integer, changed_at integer not null) strict`,
  `create table kill_switch (scope text primary key not null, reason text not null, actor text not null, set_at integer not null) strict`,
  `create table venue_balance (
    venue text not null, asset text not null, amount text not null, changed_at integer not null, primary key (venue, asset))
    strict, without rowid`,
  `create table equity_point (
    ts integer not null, scope text not null, equity text not null, realized text not null, unrealized text not null,
    fees text not null, primary key (ts, scope)) strict, without rowid`,
  `create table equity_mark (name text primary key not null, ts integer not null, equity text not null) strict`,
]

const OPERATION_TABLES = [
  `create table queue_job (
    id text primary key not null, queue text not null, key text not null, payload text not null, state text not null,
    attempts integer not null, run_at integer not null, lease_until integer, lease_token text, reason text, detail text,
    enqueued_at integer not null, changed_at integer not null, unique (queue, key)) strict`,
  `create index queue_job_ready on queue_job (queue, state, run_at)`,
]
