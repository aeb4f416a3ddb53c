import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { orderedByBytes } from './postgres-main-0014-first.ts'

/** What main-0026-process-canary makes. */
export const postgresMain0026ProcessCanary: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(orderedByBytes('alter table process_report add column canary text')).execute(db)
  },
}
