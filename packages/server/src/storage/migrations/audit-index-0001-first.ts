import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Every question of audit/list is answered by walking one index in the order of the answer: `hidden` stands in front of the
 * time because nine rows of ten are the controller's ticks and baseline decisions, which a list leaves out.
 */
export const auditIndex0001First: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('audit_entry')
      .addColumn('ts', 'integer', (column) => column.notNull())
      .addColumn('writer', 'text', (column) => column.notNull())
      .addColumn('seq', 'integer', (column) => column.notNull())
      .addColumn('first_seq', 'integer', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('hidden', 'integer', (column) => column.notNull())
      .addColumn('strategy_id', 'text')
      .addColumn('trace_id', 'text')
      .addPrimaryKeyConstraint('audit_entry_pk', ['ts', 'writer', 'seq'])
      .modifyEnd(sql`strict, without rowid`)
      .execute()
    for (const column of ['hidden', 'action']) {
      await db.schema.createIndex(`audit_entry_${column}`).on('audit_entry').columns([column, 'ts', 'writer', 'seq']).execute()
    }
    await sql`create index audit_entry_strategy on audit_entry (strategy_id, hidden, ts, writer, seq, action)
      where strategy_id is not null`.execute(db)
    await sql`create index audit_entry_trace on audit_entry (trace_id, ts, writer, seq)
      where trace_id is not null`.execute(db)
    await db.schema
      .createTable('audit_watermark')
      .addColumn('writer', 'text', (column) => column.primaryKey().notNull())
      .addColumn('seq', 'integer', (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute()
  },
}
