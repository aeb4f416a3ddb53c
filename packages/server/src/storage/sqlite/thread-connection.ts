import { ThreadClient } from '../thread-client.ts'
import type { ConnectionOptions, ExecuteResult, SqliteConnection } from './sqlite-connection.ts'

export type ConnectionRequest =
  | { kind: 'open' | 'rollback' | 'close' }
  | { kind: 'execute'; sql: string; parameters: readonly unknown[] }

/** A connection that lives in a worker thread of its own. Rejects with StorageError when it cannot be opened. */
export async function openThreadConnection(options: ConnectionOptions): Promise<SqliteConnection> {
  const thread = new ThreadClient<ConnectionRequest, ExecuteResult>({
    script: new URL('./sqlite-thread.ts', import.meta.url),
    name: 'database',
    workerData: options,
    path: options.path,
    memoryMbMax: 192,
  })
  try {
    await thread.ask({ kind: 'open' })
  } catch (error) {
    await thread.terminate()
    throw error
  }
  return {
    execute: (sql, parameters) => thread.ask({ kind: 'execute', sql, parameters }),
    async rollback() {
      await thread.ask({ kind: 'rollback' })
    },
    close: () => thread.close({ kind: 'close' }),
  }
}
