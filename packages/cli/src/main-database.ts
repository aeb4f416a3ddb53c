import type { Config } from '@spark/server/config'
import { systemRandomness } from '@spark/server/random'
import { openMainDatabase, type MainDatabase } from '@spark/server/storage/open-main-database'

/** A person waits for the command: longer than the processes do. */
const BUSY_TIMEOUT_MS = 10_000

/** The main database for one command, beside the processes that may run. Rejects with StorageError. */
export async function withMainDatabase<Result>(
  config: Pick<Config, 'databasePath'>,
  work: (database: MainDatabase) => Promise<Result>,
): Promise<Result> {
  const database = await openMainDatabase({ path: config.databasePath, thread: true, busyTimeoutMs: BUSY_TIMEOUT_MS })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** The trace of one command. */
export function traceId(): string {
  return systemRandomness.traceId()
}
