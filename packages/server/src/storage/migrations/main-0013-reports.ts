import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Reports with their documents, and who signed them; the evidence is a file. Labels of a period are found by their end. */
export const main0013Reports: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table report (
    id text primary key not null, kind text not null, from_ts integer not null, to_ts integer not null, asked_by text not null,
    asked_at integer not null, state text not null, said text, ended_at integer, document text, evidence text) strict`,
  `create index report_asked on report (asked_at, id)`,
  `create index label_exit on label (model, exit_ts)`,
  `create table report_signature (
    report_id text not null references report (id), kind text not null, name text not null, signed_at integer not null,
    primary key (report_id, kind)) strict, without rowid`,
]
