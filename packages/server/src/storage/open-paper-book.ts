import { PAPER_MIGRATIONS } from './migrations/paper-migrations.ts'
import type { PaperTables } from './paper-tables.ts'
import { isPostgresUrl } from './postgres-url.ts'
import { openDatabase, type Database } from './sqlite/open-database.ts'

export type PaperBook = Pick<Database<PaperTables>, 'db' | 'close'>

export interface OpenPaperOptions {
  /** A file of its own, or `postgres://…`: the main database's, where all hosts have one book. */
  path: string
  /** True in a server. Of a file only. */
  thread: boolean
  /** `rebuildable`: the server may be one that flushes nothing to disk. Of PostgreSQL only; default `full`. */
  durability?: 'full' | 'rebuildable'
}

/** As for the main database: a server that was silent and is back is used again within 5 s. */
const LOCK_TIMEOUT_MS = 2_000
const STATEMENT_TIMEOUT_MS = 2_500

/** Opens the book of the paper venue, making its tables as needed. Rejects with StorageError. */
export async function openPaperBook({ path, thread, durability = 'full' }: OpenPaperOptions): Promise<PaperBook> {
  if (!isPostgresUrl(path)) return openDatabase<PaperTables>({ path, thread, migrations: PAPER_MIGRATIONS })
  const [{ openPostgres }, { PAPER_SCHEMA }] = await Promise.all([
    import('./postgres/open-postgres.ts'),
    import('./migrations/postgres-schemas.ts'),
  ])
  return openPostgres<PaperTables>({
    url: path,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    durability,
    schemas: [PAPER_SCHEMA],
  })
}
