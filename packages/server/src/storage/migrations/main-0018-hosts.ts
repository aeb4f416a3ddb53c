import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Several hosts: who has what, until when, under which number; whose a job is, and under which number an order was sent. */
export const main0018Hosts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table lease (
    name text primary key not null, holder text not null, number integer not null, until integer not null) strict`,
  `alter table queue_job add column owner text`,
  `alter table trade_order add column tf text not null default ''`,
  `alter table trade_order add column owner_number integer not null default 0`,
  `update trade_order set tf = (select tf from strategy where id = strategy_id)
    where state in ('planned', 'reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown')
      and strategy_id in (select id from strategy)`,
]
