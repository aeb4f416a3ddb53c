import { type Kysely, sql } from 'kysely'
import type { MainTables } from './tables.ts'

/** Wall time as the database has it, ms, within a statement. */
export const DATABASE_NOW_MS = sql<number>`cast(round(unixepoch('subsec') * 1000) as bigint)`

/** The same, asked for. */
export async function databaseNowMs(db: Kysely<MainTables>): Promise<number> {
  const { rows } = await sql<{ ms: number }>`select ${DATABASE_NOW_MS} as ms`.execute(db)
  return rows[0]?.ms ?? Number.NaN
}
