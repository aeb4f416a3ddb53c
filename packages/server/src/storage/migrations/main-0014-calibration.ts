import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Periods that are left out, the verdict over time, drift of features, and searches that people asked for. */
export const main0014Calibration: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `alter table model_evidence add column leave_out text not null default '[]'`,
  `create table verdict_history (
    model text not null, rounds_to integer not null, verdict text not null, labels integer not null,
    net_low real, net_mean real, net_high real, primary key (model, rounds_to)) strict, without rowid`,
  `create table drift_reference (
    model text primary key not null, reference text not null, created_at integer not null) strict`,
  `create table drift_look (
    model text not null, ts integer not null, features text not null, primary key (model, ts)) strict, without rowid`,
  `create table optimization (
    id text primary key not null, strategy_id text not null, asked_by text not null, asked_at integer not null, reason text,
    ask text not null, state text not null, progress integer not null, cancel_asked integer not null, ended_at integer,
    ok integer, said text, proposal text) strict`,
  `create index optimization_asked on optimization (asked_at, id)`,
]
