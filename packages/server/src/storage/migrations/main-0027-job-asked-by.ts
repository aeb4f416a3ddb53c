import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Who asked for a run of a job; null: its time had come. */
export const main0027JobAskedBy: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table job_run add column asked_by text').execute(db)
  },
}
