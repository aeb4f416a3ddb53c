import type { FastifyInstance } from 'fastify'
import type { StoredAlert } from '../../storage/alert-store.ts'
import { handle } from '../handle.ts'
import type { ApiDeps } from '../deps.ts'
import { currentMetrics, lastKnownMetrics } from '../slo-view.ts'

/** Always 200, nothing secret. While the executor cannot be reached: DEMO with what was last known. */
export function publicRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'alertLast', async () => {
    const newest = await deps.alertStore.last()
    const alert = newest === null ? null : summary(newest)
    if (await deps.executor.reachable()) return { status: 'OK', alert }
    return { _mock: true, status: 'DEMO', last: { at: alert?.lastTs ?? null, value: alert } }
  })
  handle(app, 'publicMetrics', async () => {
    if (await deps.executor.reachable()) return { status: 'OK', metrics: await currentMetrics(deps.slices, deps.clock.nowMs()) }
    const last = await lastKnownMetrics(deps.slices, deps.clock.nowMs())
    return { _mock: true, status: 'DEMO', last: { at: last?.sealed_at ?? null, value: last } }
  })
  handle(app, 'smokeLast', async () => {
    const smoke = await deps.smoke.last()
    if (await deps.executor.reachable()) return { status: 'OK', smoke }
    return { _mock: true, status: 'DEMO', last: { at: smoke?.ts ?? null, value: smoke } }
  })
}

function summary({ ts, lastTs, severity, state, code, count }: StoredAlert) {
  return { ts, lastTs, severity, state, code, count }
}
