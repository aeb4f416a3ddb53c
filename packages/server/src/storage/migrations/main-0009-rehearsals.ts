import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Rehearsals that people asked for; the reports are files. */
export const main0009Rehearsals: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table rehearsal (
    id text primary key not null, asked_by text not null, asked_at integer not null, reason text, ask text not null, state text not null,
    progress integer not null, cancel_asked integer not null, ended_at integer, ok integer, said text) strict`,
  `create index rehearsal_asked on rehearsal (asked_at, id)`,
]
