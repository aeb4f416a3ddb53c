import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { orderedByBytes } from './postgres-main-0014-first.ts'

/** What main-0015-sign-in-tries makes. */
export const postgresMain0015SignInTries: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(orderedByBytes(statement)).execute(db)
  },
}

const STATEMENTS = [
  `create table sign_in_try (
    whose text primary key not null, tries bigint not null, last_at bigint not null, wait_until bigint not null)`,
  `create index sign_in_try_last on sign_in_try (last_at)`,
]
