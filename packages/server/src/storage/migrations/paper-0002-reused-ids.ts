import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Exchanges take a client order id again when its order has ended: an order is named by the venue's own id, a fill by its order. */
export const paper0002ReusedIds: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [
      `create table new_order (
        venue_order_id text primary key not null, client_order_id text not null, symbol text not null, side text not null,
        quantity text not null, filled_quantity text not null, price text, state text not null, locked text not null,
        created_at integer not null, updated_at integer not null) strict`,
      `insert into new_order select venue_order_id, client_order_id, symbol, side, quantity, filled_quantity, price, state, locked,
        created_at, updated_at from paper_order order by rowid`,
      `create table new_fill (
        id integer primary key autoincrement not null, venue_order_id text not null references new_order (venue_order_id),
        symbol text not null, side text not null, quantity text not null, price text not null, fee text not null,
        fee_asset text not null, ts integer not null) strict`,
      `insert into new_fill select f.id, o.venue_order_id, f.symbol, f.side, f.quantity, f.price, f.fee, f.fee_asset, f.ts
        from paper_fill f join paper_order o on o.client_order_id = f.client_order_id`,
      `drop table paper_fill`,
      `drop table paper_order`,
      `alter table new_order rename to paper_order`,
      `alter table new_fill rename to paper_fill`,
      `create index paper_order_client on paper_order (client_order_id)`,
      `create index paper_order_open on paper_order (symbol) where state in ('open', 'partly_filled')`,
      `create index paper_fill_symbol on paper_fill (symbol, ts)`,
    ])
      await sql.raw(statement).execute(db)
  },
}
