import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { orderedByBytes } from './postgres-main-0014-first.ts'

/** What main-0027-job-asked-by makes. */
export const postgresMain0027JobAskedBy: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(orderedByBytes('alter table job_run add column asked_by text')).execute(db)
  },
}
