import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The book of the paper venue: a file of its own, as an exchange's is nobody else's. Decimals are text. */
export const paper0001First: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [
      `create table paper_order (
        client_order_id text primary key not null, venue_order_id text not null unique, symbol text not null, side text not null,
        quantity text not null, filled_quantity text not null, price text, state text not null, locked text not null,
        created_at integer not null, updated_at integer not null) strict`,
      `create index paper_order_open on paper_order (symbol) where state in ('open', 'partly_filled')`,
      `create table paper_fill (
        id integer primary key autoincrement not null, client_order_id text not null references paper_order (client_order_id),
        symbol text not null, side text not null, quantity text not null, price text not null, fee text not null,
        fee_asset text not null, ts integer not null) strict`,
      `create index paper_fill_symbol on paper_fill (symbol, ts)`,
      `create table paper_balance (asset text primary key not null, free text not null, locked text not null) strict`,
    ])
      await sql.raw(statement).execute(db)
  },
}
