import { stat } from 'node:fs/promises'
import { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { StorageError } from '../storage-error.ts'
import { migrate } from '../migrate.ts'
import { type ConnectionOptions, LocalConnection, type SqliteConnection } from './sqlite-connection.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'
import { openThreadConnection } from './thread-connection.ts'

export interface OpenDatabaseOptions {
  /** The folder must exist. */
  path: string
  /** True: a worker thread owns the connection and the event loop never waits for the disk. False: every query blocks. */
  thread: boolean
  /** How long a statement waits for another process's lock; default 5,000. */
  busyTimeoutMs?: number
  readOnly?: boolean
  /** `rebuildable` saves the fsync of each commit; only for what can be built again. Default `full`. */
  durability?: 'full' | 'rebuildable'
  /** Brought to the newest one before the database is handed out. */
  migrations?: Record<string, Migration>
}

export interface Database<Tables> {
  readonly db: Kysely<Tables>
  readonly path: string
  /** Rejects with StorageError `missing_file` when the file was deleted or replaced, which SQLite itself never notices. */
  checkFile(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens an SQLite file with journal_mode WAL, synchronous FULL, a busy timeout and foreign keys, each read back.
 * Rejects with StorageError.
 */
export async function openDatabase<Tables>(options: OpenDatabaseOptions): Promise<Database<Tables>> {
  const { path, readOnly = false, migrations } = options
  const settings: ConnectionOptions = {
    path,
    readOnly,
    busyTimeoutMs: options.busyTimeoutMs ?? 5_000,
    durability: options.durability ?? 'full',
  }
  const connection = options.thread ? await openThreadConnection(settings) : openHere(settings)
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(connection) })
  try {
    if (migrations !== undefined) await migrate(db, migrations)
    const inode = await inodeOf(path)
    return {
      db,
      path,
      async checkFile() {
        if ((await inodeOf(path)) !== inode) throw new StorageError('missing_file', path, 'the file was replaced')
      },
      close: () => connection.close(),
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

function openHere(settings: ConnectionOptions): SqliteConnection {
  const connection = new LocalConnection(settings)
  return {
    execute: async (sql, parameters) => connection.execute(sql, parameters),
    rollback: async () => connection.rollback(),
    close: async () => connection.close(),
  }
}

async function inodeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    throw new StorageError('missing_file', path, 'the file is gone', error)
  }
}
