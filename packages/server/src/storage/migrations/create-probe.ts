import { type Kysely, sql } from 'kysely'

/** The one row that health changes to know that a commit succeeds. */
export async function createProbe(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('storage_probe')
    .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('counter', 'integer', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
  await sql`insert into storage_probe (id, counter) values (1, 0)`.execute(db)
}
