import type { FastifyInstance } from 'fastify'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'
import { currentMetrics, timeseries } from '../slo-view.ts'

export function toolsRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'getMetrics', () => currentMetrics(deps.slices, deps.clock.nowMs()))
  handle(app, 'timeseries', ({ query }) => timeseries(deps.slices, query.window ?? '1h', deps.clock.nowMs()))
}
