import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MAIN_MIGRATIONS } from './migrations/main-migrations.ts'
import { type Database, openDatabase } from './sqlite/open-database.ts'
import type { MainTables } from './tables.ts'

export interface MainDatabase extends Database<MainTables> {
  /** A durable commit into the file at `path`: resolves when rows could be written now. Rejects with StorageError. */
  probe(): Promise<void>
}

/** Opens the main database, making folder, file and tables as needed. Rejects with StorageError. */
export async function openMainDatabase(options: {
  path: string
  /** True in a server: its event loop never waits for the disk. */
  thread: boolean
  busyTimeoutMs?: number
}): Promise<MainDatabase> {
  await mkdir(dirname(options.path), { recursive: true, mode: 0o700 })
  const database = await openDatabase<MainTables>({ ...options, migrations: MAIN_MIGRATIONS })
  return {
    ...database,
    async probe() {
      await database.checkFile()
      await database.db
        .updateTable('storage_probe')
        .set((eb) => ({ counter: eb('counter', '+', 1) }))
        .where('id', '=', 1)
        .execute()
    },
  }
}
