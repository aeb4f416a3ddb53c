import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { createProbe } from './create-probe.ts'
import { forbidChange } from './forbid-change.ts'

export const main0001First: Migration = {
  async up(db: Kysely<unknown>) {
    await createCandles(db)
    await createModels(db)
    await db.schema
      .createTable('metric_slice')
      .addColumn('step_s', 'integer', (column) => column.notNull())
      .addColumn('slice_ts', 'integer', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('metric', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('metric_slice_pk', ['step_s', 'slice_ts', 'source', 'metric'])
      .modifyEnd(sql`strict, without rowid`)
      .execute()
    await db.schema
      .createTable('smoke_run')
      .addColumn('ts', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('ok', 'integer', (column) => column.notNull())
      .addColumn('checks', 'text', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('build_sha', 'text', (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute()
    await db.schema
      .createTable('audit_checkpoint')
      .addColumn('ts', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('signature', 'text', (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute()
    await forbidChange(db, 'audit_checkpoint')
    await createProbe(db)
  },
}

async function createCandles(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('candle')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('tf', 'text', (column) => column.notNull())
    .addColumn('ts', 'integer', (column) => column.notNull())
    .addColumn('o', 'real', (column) => column.notNull())
    .addColumn('h', 'real', (column) => column.notNull())
    .addColumn('l', 'real', (column) => column.notNull())
    .addColumn('c', 'real', (column) => column.notNull())
    .addColumn('v', 'real', (column) => column.notNull())
    .addColumn('close_ts', 'integer')
    .addColumn('source', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('candle_pk', ['symbol', 'tf', 'ts'])
    .modifyEnd(sql`strict, without rowid`)
    .execute()
  await db.schema
    .createTable('candle_gap')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('tf', 'text', (column) => column.notNull())
    .addColumn('first_missing_ts', 'integer', (column) => column.notNull())
    .addColumn('missing', 'integer', (column) => column.notNull())
    .addColumn('recorded_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('candle_gap_pk', ['symbol', 'tf', 'first_missing_ts'])
    .modifyEnd(sql`strict, without rowid`)
    .execute()
}

async function createModels(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('model')
    .addColumn('version', 'text', (column) => column.primaryKey().notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
  await forbidChange(db, 'model')
  await db.schema
    .createTable('model_alias')
    .addColumn('alias', 'text', (column) => column.primaryKey().notNull())
    .addColumn('version', 'text', (column) => column.notNull().references('model.version'))
    .addColumn('changed_at', 'integer', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
}
