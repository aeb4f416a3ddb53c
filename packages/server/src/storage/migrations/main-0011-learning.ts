import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What the weekly update has learned, and what each candidate rests on. */
export const main0011Learning: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table learner (
    id integer primary key not null check (id = 1), state text not null, learned_to integer not null,
    changed_at integer not null) strict`,
  `create table model_training (
    model text primary key not null, parent text not null, evidence text not null, created_at integer not null) strict`,
]
