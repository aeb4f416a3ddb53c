import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Kysely } from 'kysely'
import { systemClock } from '../clock.ts'
import { MAIN_MIGRATIONS } from './migrations/main-migrations.ts'
import { isPostgresUrl } from './postgres-url.ts'
import { openDatabase } from './sqlite/open-database.ts'
import type { MainTables } from './tables.ts'

export interface MainDatabase {
  readonly db: Kysely<MainTables>
  /** A durable commit: resolves when rows could be written now. Rejects with StorageError. */
  probe(): Promise<void>
  /**
   * Calls back when rollout, settings or kill switches may have been changed, by whichever process: at once on PostgreSQL, never in files,
   * whose processes look by themselves. Returns what ends it.
   */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

export interface OpenMainOptions {
  /** A file, or `postgres://user:password@host:port/database`. */
  path: string
  /** True in a server: its event loop never waits for the disk. Of a file only. */
  thread: boolean
  /** How long a statement waits for another process's lock; default 5,000. */
  busyTimeoutMs?: number
  /** A statement that takes longer is given up, as is a server that does not answer. Of PostgreSQL only; default 30,000. */
  statementTimeoutMs?: number
  /** `rebuildable`: the server may be one that flushes nothing to disk. Of PostgreSQL only; default `full`. */
  durability?: 'full' | 'rebuildable'
}

/** Opens the main database, making folder, file and tables as needed. Rejects with StorageError. */
export async function openMainDatabase(options: OpenMainOptions): Promise<MainDatabase> {
  return isPostgresUrl(options.path) ? openServer(options) : openFile(options)
}

async function openFile({ path, thread, busyTimeoutMs }: OpenMainOptions): Promise<MainDatabase> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const timeout = busyTimeoutMs === undefined ? {} : { busyTimeoutMs }
  const database = await openDatabase<MainTables>({ path, thread, ...timeout, migrations: MAIN_MIGRATIONS })
  return {
    db: database.db,
    async probe() {
      await database.checkFile()
      await countProbe(database.db)
    },
    onChange: () => () => {},
    close: () => database.close(),
  }
}

/**
 * With it all other tables of the server are made: nobody migrates any more while others have begun to work.
 * Its code is loaded only here: whoever works on a file must not wait for it.
 */
async function openServer({
  path: url,
  busyTimeoutMs: lockTimeoutMs = 5_000,
  statementTimeoutMs,
  durability = 'full',
}: OpenMainOptions): Promise<MainDatabase> {
  const [{ openPostgres }, { createChanges }, { MAIN_SCHEMA, AUDIT_SCHEMA, PAPER_SCHEMA }] = await Promise.all([
    import('./postgres/open-postgres.ts'),
    import('./postgres/postgres-changes.ts'),
    import('./migrations/postgres-schemas.ts'),
  ])
  const limits = { lockTimeoutMs, ...(statementTimeoutMs !== undefined && { statementTimeoutMs }) }
  const database = await openPostgres<MainTables>({
    url,
    ...limits,
    durability,
    schemas: [MAIN_SCHEMA, AUDIT_SCHEMA, PAPER_SCHEMA],
  })
  const changes = createChanges(url, systemClock)
  return {
    db: database.db,
    probe: () => countProbe(database.db),
    onChange: (listener) => changes.onChange(listener),
    async close() {
      await changes.close()
      await database.close()
    },
  }
}

async function countProbe(db: Kysely<MainTables>): Promise<void> {
  await db
    .updateTable('storage_probe')
    .set((eb) => ({ counter: eb('counter', '+', 1) }))
    .where('id', '=', 1)
    .execute()
}
