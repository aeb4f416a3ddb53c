import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Exchange keys, what an installation is for, alerts, and runs of jobs. */
export const main0003Operation: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of TABLES) await sql.raw(statement).execute(db)
  },
}

const TABLES = [
  `create table installation (name text primary key not null, value text not null, set_at integer not null) strict`,
  `create table exchange_key (
    venue text primary key not null, hint text not null, sealed text not null, created_at integer not null) strict`,
  `create table alert (
    id integer primary key autoincrement not null, ts integer not null, severity text not null, code text not null,
    scope text not null, message text not null, count integer not null, last_ts integer not null) strict`,
  `create index alert_code on alert (code, scope, last_ts)`,
  `create table job_run (
    id integer primary key autoincrement not null, job text not null, started_at integer not null, ended_at integer,
    outcome text, detail text) strict`,
  `create index job_run_job on job_run (job, started_at)`,
]
