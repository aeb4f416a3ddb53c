import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Rollouts, the lease on exposure, applied settings, and what each process runs. */
export const main0004Rollout: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table rollout (
    id text primary key not null, ordinal integer not null unique, frozen text not null, plan_digest text not null,
    state text not null, phase text not null, started_at integer not null, started_by text not null,
    changed_at integer not null) strict`,
  `create table rollout_member (
    rollout_id text not null references rollout (id), rank integer not null, strategy_id text not null, capital text not null,
    canary integer not null, primary key (rollout_id, rank)) strict, without rowid`,
  `alter table rollout_epoch add column lease_until integer not null default 0`,
  `create table live_setting (
    name text primary key not null, value text not null, actor text not null, changed_at integer not null) strict`,
  `create table process_report (
    process text primary key not null, pid integer not null, build_sha text not null, version text not null,
    schema_hash text not null, model_hash text not null, reported_at integer not null) strict`,
]
