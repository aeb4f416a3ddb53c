import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { orderedByBytes } from './postgres-main-0014-first.ts'

/**
 * The audit on PostgreSQL: segments of all writers in one table, and their entries in another, each in a partition a month.
 * `audit_chain` says of each writer where its chain ends and who may go on.
 */
export const postgresAudit0001First: Migration = {
  async up(db: Kysely<unknown>) {
    for (const table of TABLES) await sql.raw(orderedByBytes(table)).execute(db)
    for (const statement of TRIGGERS) await sql.raw(statement).execute(db)
  },
}

const TABLES = [
  `create table audit_chain (
    writer text primary key, fence bigint not null, holder text not null, held_until bigint not null,
    seq bigint not null, hash text not null)`,
  `create table audit_segment (
    writer text not null, first_seq bigint not null, last_seq bigint not null, first_ts bigint not null, last_ts bigint not null,
    prev_hash text not null, hashes text not null, body text not null, primary key (writer, first_seq, first_ts))
    partition by range (first_ts)`,
  `create table audit_entry (
    ts bigint not null, writer text not null, seq bigint not null, first_seq bigint not null, action text not null,
    hidden bigint not null, strategy_id text, trace_id text, primary key (ts, writer, seq)) partition by range (ts)`,
  `create index audit_entry_hidden on audit_entry (hidden, ts, writer, seq)`,
  `create index audit_entry_action on audit_entry (action, ts, writer, seq)`,
  `create index audit_entry_strategy on audit_entry (strategy_id, hidden, ts, writer, seq, action) where strategy_id is not null`,
  `create index audit_entry_trace on audit_entry (trace_id, ts, writer, seq) where trace_id is not null`,
  `create table audit_watermark (writer text primary key, seq bigint not null)`,
]

const TRIGGERS = [
  `create function forbid_audit_change() returns trigger language plpgsql as
    $$ begin raise exception 'audit_segment is append-only'; end $$`,
  `create trigger audit_segment_no_update before update on audit_segment for each row execute function forbid_audit_change()`,
  `create trigger audit_segment_no_delete before delete on audit_segment for each row execute function forbid_audit_change()`,
  `create trigger audit_segment_no_truncate before truncate on audit_segment for each statement
    execute function forbid_audit_change()`,
]
