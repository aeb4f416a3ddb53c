import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Several hosts: who has what, until when, under which number; whose a job is, and under which number an order was sent. */
export const postgresMain0018Hosts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table lease (
    name text collate "C" primary key, holder text collate "C" not null, number bigint not null, until bigint not null)`,
  `alter table queue_job add column owner text collate "C"`,
  `alter table trade_order add column tf text collate "C" not null default ''`,
  `alter table trade_order add column owner_number bigint not null default 0`,
  `update trade_order set tf = (select tf from strategy where id = strategy_id)
    where state in ('planned', 'reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown')
      and strategy_id in (select id from strategy)`,
]
