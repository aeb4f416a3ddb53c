import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * The orders that have not ended are asked for with every plan and every reconciliation. A partial index is of no use there: SQLite
 * cannot prove that bound values are within its condition, and read every order there ever was.
 */
export const main0009OpenOrders: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [`drop index trade_order_open`, `create index trade_order_state on trade_order (state, created_at)`])
      await sql.raw(statement).execute(db)
  },
}
