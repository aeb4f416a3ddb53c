import { told } from '@spark/contract/told'
import { sql } from 'kysely'
import { openDatabase } from '../storage/sqlite/open-database.ts'
import { syncFile } from '../sync-file.ts'

/** The backup cannot be taken or used; the message says why. */
export class BackupError extends Error {}

export interface Copied {
  path: string
  copy: string
}

/** As of one moment, while others write. Rejects with StorageError. */
export async function copyDatabase({ path, copy }: Copied): Promise<void> {
  const database = await openDatabase<object>({ path, thread: true, readOnly: true })
  try {
    await sql`vacuum into ${copy}`.execute(database.db)
  } finally {
    await database.close()
  }
  await syncFile(copy)
}

/** Every page and every index. Rejects with BackupError. */
export async function checkDatabase(path: string): Promise<void> {
  const database = await openDatabase<object>({ path, thread: true, readOnly: true })
  try {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database.db)
    const said = rows.map((row) => row.integrity_check)
    if (said.join() !== 'ok') throw new BackupError(told('database_damaged', { path, words: said.slice(0, 3).join('; ') }))
  } finally {
    await database.close()
  }
}
