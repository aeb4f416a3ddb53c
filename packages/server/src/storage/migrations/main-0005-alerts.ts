import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Alerts have a state, and what is told of them is grouped. Those from before count as over. */
export const main0005Alerts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `alter table alert add column state text not null default 'resolved'`,
  `alter table alert add column snoozed_until integer`,
  `alter table alert add column resolved_ts integer`,
  `alter table alert add column told integer not null default 1`,
  `alter table alert add column look_ts integer`,
  `alter table alert add column escalations integer not null default 0`,
  `alter table alert add column changed_by text`,
  `alter table alert add column reason text`,
  `alter table alert add column change integer not null default 0`,
  `create unique index alert_open on alert (code, scope) where state <> 'resolved'`,
  `create index alert_open_id on alert (id) where state <> 'resolved'`,
  `create index alert_change on alert (change)`,
  `create index alert_last on alert (last_ts, id)`,
  `create table alert_group (
    id integer primary key autoincrement not null, audience text not null, opened_at integer not null,
    closed integer not null) strict`,
  `create table alert_notice (
    id integer primary key autoincrement not null, group_id integer not null references alert_group (id), alert_id integer not null,
    kind text not null, ts integer not null, severity text not null, code text not null, scope text not null,
    message text not null) strict`,
  `create index alert_notice_group on alert_notice (group_id)`,
]
