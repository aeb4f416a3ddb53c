import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Requests of those who ask much, for all processes of all hosts. */
export const main0025RequestCounts: Migration = {
  async up(db: Kysely<unknown>) {
    await sql
      .raw(
        `create table request_count (
          minute integer not null, process text not null, whose text not null, requests integer not null,
          primary key (minute, process, whose)) strict, without rowid`,
      )
      .execute(db)
  },
}
