import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { createProbe } from './create-probe.ts'
import { forbidChange } from './forbid-change.ts'

export const audit0001First: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('audit_segment')
      .addColumn('writer', 'text', (column) => column.notNull())
      .addColumn('first_seq', 'integer', (column) => column.notNull())
      .addColumn('last_seq', 'integer', (column) => column.notNull())
      .addColumn('first_ts', 'integer', (column) => column.notNull())
      .addColumn('last_ts', 'integer', (column) => column.notNull())
      .addColumn('prev_hash', 'text', (column) => column.notNull())
      .addColumn('hashes', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_segment_pk', ['writer', 'first_seq'])
      .modifyEnd(sql`strict`)
      .execute()
    await forbidChange(db, 'audit_segment')
    await createProbe(db)
  },
}
