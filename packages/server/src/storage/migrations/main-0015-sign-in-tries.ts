import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Passwords that were tried, for all processes of all hosts. */
export const main0015SignInTries: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table sign_in_try (
    whose text primary key not null, tries integer not null, last_at integer not null, wait_until integer not null) strict, without rowid`,
  `create index sign_in_try_last on sign_in_try (last_at)`,
]
