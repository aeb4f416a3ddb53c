import type { FastifyInstance } from 'fastify'
import { handle } from '../handle.ts'
import type { ApiDeps } from '../deps.ts'
import { rolledBackOf } from '../../rollout/rolled-back.ts'

export function healthRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'healthz', async ({ reply }) => {
    const storage = await deps.storageHealth()
    reply.code(storage.ok ? 200 : 503)
    const { buildSha, version } = deps.config
    const rolledBack = rolledBackOf(deps.rollout.now().rollout)
    const own = { process: deps.processName, pid: process.pid, uptimeS: Math.round(process.uptime()) }
    return { buildSha, version, ...own, ...storage, ...rolledBack }
  })
}
