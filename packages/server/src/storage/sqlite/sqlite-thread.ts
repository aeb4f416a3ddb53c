import { workerData } from 'node:worker_threads'
import { serveThread } from '../serve-thread.ts'
import { type ConnectionOptions, type ExecuteResult, LocalConnection } from './sqlite-connection.ts'
import type { ConnectionRequest } from './thread-connection.ts'

/** Worker thread that owns one connection, so that a slow or locked disk never stops the event loop of the process. */
let connection: LocalConnection | null = null

serveThread<ConnectionRequest, ExecuteResult>(
  async (request) => {
    connection ??= new LocalConnection(workerData as ConnectionOptions)
    if (request.kind === 'execute') return connection.execute(request.sql, request.parameters)
    if (request.kind === 'rollback') connection.rollback()
    if (request.kind === 'close') connection.close()
    return { rows: [], changes: 0 }
  },
  ({ kind }) => kind === 'close',
)
