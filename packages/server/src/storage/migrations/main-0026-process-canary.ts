import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The stream that an executor scores in preview; null: of an api, or told by an older build. */
export const main0026ProcessCanary: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table process_report add column canary text').execute(db)
  },
}
