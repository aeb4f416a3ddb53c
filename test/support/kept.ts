import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { isPostgresUrl } from '@spark/server/storage/postgres-url'
import type { Spark } from './spark.ts'

export type Kept = [place: string, content: Buffer]

/** All that an installation has kept, the main database among it: its files, and the tables that it has on a server. */
export async function everythingKept({ dataDir, databasePath }: Spark): Promise<Kept[]> {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path): Kept => [path, readFileSync(path)])
  const kept = isPostgresUrl(databasePath) ? [...files, ...(await tablesOf(databasePath))] : files
  if (!kept.some(([place]) => /\/spark\.db$|^table exchange_key$/.test(place))) throw new Error('the main database was not found')
  return kept
}

async function tablesOf(url: string): Promise<Kept[]> {
  const tables = await queryPostgres(url, "select tablename as name from pg_tables where schemaname = 'public'")
  const kept: Kept[] = []
  for (const { name } of tables) {
    const rows = await queryPostgres(url, `select one::text as row from "${String(name)}" one`)
    kept.push([`table ${String(name)}`, Buffer.from(rows.map(({ row }) => String(row)).join('\n'))])
  }
  return kept
}
