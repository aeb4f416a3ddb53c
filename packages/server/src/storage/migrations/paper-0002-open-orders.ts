import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** As in the main database: the partial index was never used with bound values. */
export const paper0002OpenOrders: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [`drop index paper_order_open`, `create index paper_order_state on paper_order (state, symbol)`])
      await sql.raw(statement).execute(db)
  },
}
