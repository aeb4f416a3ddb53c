import { type Kysely, sql } from 'kysely'
import type { MainTables } from './tables.ts'

/** Wall time as the database has it, ms. */
export async function databaseNowMs(db: Kysely<MainTables>): Promise<number> {
  const { rows } = await sql<{ ms: number }>`select cast(round(unixepoch('subsec') * 1000) as bigint) as ms`.execute(db)
  return rows[0]?.ms ?? Number.NaN
}
