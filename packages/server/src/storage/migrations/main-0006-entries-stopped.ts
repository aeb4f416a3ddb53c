import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Why no order may increase risk at a venue, while exits work. */
export const main0006EntriesStopped: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(`alter table venue_state add column entries_stopped_reason text`).execute(db)
  },
}
