import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { orderedByBytes } from './postgres-main-0014-first.ts'

/** What main-0025-request-counts makes. Unlogged: after a crash of the server everybody is counted anew. */
export const postgresMain0025RequestCounts: Migration = {
  async up(db: Kysely<unknown>) {
    await sql
      .raw(
        orderedByBytes(
          `create unlogged table request_count (
            minute bigint not null, process text not null, whose text not null, requests bigint not null,
            primary key (minute, process, whose))`,
        ),
      )
      .execute(db)
  },
}
