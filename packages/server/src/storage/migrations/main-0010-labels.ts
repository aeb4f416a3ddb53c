import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Labels of decisions, counters over them, and what the verdict on a model rests on. */
export const main0010Labels: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table label_stream (
    symbol text not null, tf text not null, source text not null, last_ts integer not null, state text not null,
    changed_at integer not null, primary key (symbol, tf)) strict, without rowid`,
  `create table label (
    model text not null, symbol text not null, tf text not null, ts integer not null, direction integer not null,
    confid real not null, rsi real not null, macd real not null, trend real not null, atr real not null,
    entry_ts integer not null, entry_price real not null, exit_ts integer not null, exit_price real not null,
    outcome text not null, ambiguous integer not null, candles_held integer not null, net_return real not null,
    hit integer not null, profit_distance real not null, stop_distance real not null, cost_rate real not null,
    primary key (model, symbol, tf, ts)) strict, without rowid`,
  `create index label_entry on label (model, entry_ts)`,
  `create table label_counter (
    model text not null, symbol text not null, tf text not null, bucket integer not null, counted integer not null,
    labels integer not null, hits integer not null, ambiguous integer not null, candles_held integer not null,
    confid_nano integer not null, brier_nano integer not null, log_loss_nano integer not null,
    break_even_nano integer not null, net_return_nano integer not null,
    primary key (model, symbol, tf, bucket, counted)) strict, without rowid`,
  `create table model_evidence (
    model text primary key not null, evidence text not null, rounds_to integer not null, verdict text not null,
    changed_at integer not null) strict`,
]
