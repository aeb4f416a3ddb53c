import { createServer, type Server } from 'node:http'
import { Server as NetServer, type AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'
import { DRAIN, type ProcessLife, type WorkerUrl } from '../process-life.ts'

/** Where the supervisor hands a worker the socket that all workers listen on. */
const SHARED_FD = 3

export interface WorkerParts {
  clock: Clock
  life: ProcessLife
  /** Ends the event streams; their readers come back to another worker. */
  endStreams: () => void
  /** From now on this worker no longer counts for parity. */
  stopReporting: () => Promise<void>
}

/**
 * Listens on the socket of the supervisor, and on a port of its own by which this very worker can be asked. On `drain` it takes
 * no new connection, answers what it has, and ends: the others go on with the socket, so no request is lost.
 */
export async function serveWorker(app: FastifyInstance, parts: WorkerParts): Promise<void> {
  await app.ready()
  const own = createServer((request, response) => app.routing(request, response))
  await listen(own, { host: '127.0.0.1', port: 0 })
  await listen(app.server, { fd: SHARED_FD })
  parts.life.onStop('listeners', async () => {
    parts.endStreams()
    own.close()
    await closeAtOnce(app.server)
  })
  let draining = false
  process.on('message', (message) => {
    if (message !== DRAIN || draining) return
    draining = true
    void drain(app.server, parts).then(() => parts.life.stop('drained', 0))
  })
  const url: WorkerUrl = { url: `http://127.0.0.1:${(own.address() as AddressInfo).port}` }
  process.send?.(url)
}

async function drain(server: Server, { clock, endStreams, stopReporting }: WorkerParts): Promise<void> {
  closeAfterAnswer(server)
  await stopReporting()
  endStreams()
  await new Promise<void>((resolve) => {
    // Not http's close, and not Fastify's: both cut idle connections, on which a request may be under way.
    NetServer.prototype.close.call(server, () => resolve())
    clock.after(server.keepAliveTimeout + 1000, resolve)
  })
}

/** For a stop, not a replacement: idle connections are cut, requests under way are answered. */
function closeAtOnce(server: Server): Promise<void> {
  closeAfterAnswer(server)
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve())
    else resolve()
    server.closeIdleConnections()
  })
}

function closeAfterAnswer(server: Server): void {
  server.prependListener('request', (_request, response) => (response.shouldKeepAlive = false))
}

function listen(server: Server, where: { host: string; port: number } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
