import type { FastifyInstance } from 'fastify'
import { handle } from '../handle.ts'
import type { ApiDeps } from '../deps.ts'

export function healthRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'healthz', async ({ reply }) => {
    const storage = await deps.storageHealth()
    reply.code(storage.ok ? 200 : 503)
    const { buildSha, version } = deps.config
    return { buildSha, version, process: deps.processName, pid: process.pid, uptimeS: Math.round(process.uptime()), ...storage }
  })
}
