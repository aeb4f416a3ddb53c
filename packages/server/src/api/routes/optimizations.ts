import type { FastifyInstance } from 'fastify'
import type { OptimizationView } from '@spark/contract/optimization'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { trialsOf, TRIALS_MAX, USUAL_SPACE } from '@spark/core/learning/search'
import { commandEvent } from '../../command-event.ts'
import { APART_OPEN_MAX } from '../../jobs/run-jobs.ts'
import type { StoredOptimization } from '../../storage/optimization-store.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { limitOf } from '../query.ts'

/** Searches of parameters: asked for here, run by the executor's job queue in a process of their own. */
export function optimizationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { optimizations, desk, clock, random } = deps
  const { db, queue, outbox } = desk
  handle(app, 'optimizations', async ({ query }) => ({
    items: (await optimizations.list(limitOf(query.limit), query.strategyId)).map(viewOf),
  }))
  handle(app, 'optimization', async ({ params: { id } }) => {
    const found = await optimizations.get(id)
    if (found === null) throw new ApiProblem('unknown_id', `there is no search ${id}`)
    return { optimization: viewOf(found), proposal: found.proposal }
  })
  handle(app, 'strategyOptimize', async ({ params: { id: strategyId }, body: { reason = null, ...ask }, request }) => {
    if ((await desk.strategies.get(strategyId)) === null) throw new ApiProblem('unknown_id', `there is no strategy ${strategyId}`)
    if (!isSmallEnough(ask.space)) throw new ApiProblem('bad_request', `the lists have more than ${TRIALS_MAX} combinations`)
    const id = random.traceId()
    const ts = clock.nowMs()
    await db.transaction().execute(async (trx) => {
      if ((await optimizations.open(trx)) >= APART_OPEN_MAX)
        throw new ApiProblem('too_many_things', `${APART_OPEN_MAX} searches wait or run; cancel one`)
      await optimizations.ask(trx, { id, strategyId, askedBy: request.principal, askedAt: ts, reason, ask })
      await queue.enqueue(trx, { queue: 'job', key: `optimization ${id}`, payload: { optimization: id } })
      const context = { optimization: id, ...ask, reason }
      await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: 'optimization.asked', strategyId, context })])
    })
    return { id }
  })
  handle(app, 'optimizationCancel', async ({ params: { id }, body: { reason = null }, request }) => {
    const ts = clock.nowMs()
    await db.transaction().execute(async (trx) => {
      if (!(await optimizations.cancel(trx, id, ts))) throw new ApiProblem('unknown_id', `no search ${id} waits or runs`)
      const context = { optimization: id, reason }
      await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: 'optimization.cancelled', context })])
    })
    return { ok: true as const }
  })
}

function isSmallEnough(space: StoredOptimization['ask']['space']): boolean {
  try {
    trialsOf(space ?? USUAL_SPACE, { floor: 0, ...DEFAULT_BARRIERS, riskShare: null })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function viewOf({ ask: _ask, proposal: _proposal, ...view }: StoredOptimization): OptimizationView {
  return view
}
