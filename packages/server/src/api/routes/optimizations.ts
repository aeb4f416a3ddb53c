import type { FastifyInstance } from 'fastify'
import type { OptimizationView } from '@spark/contract/optimization'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { trialsOf, TRIALS_MAX, USUAL_SPACE } from '@spark/core/learning/search'
import type { StoredOptimization } from '../../storage/optimization-store.ts'
import { askApart, cancelApart } from '../apart-commands.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'
import { limitOf } from '../query.ts'

/** Searches of parameters: asked for here, run by the executor's job queue in a process of their own. */
export function optimizationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { optimizations, desk } = deps
  const kind = { name: 'optimization', several: 'searches', store: optimizations } as const
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
    return askApart(deps, kind, request, {
      strategyId,
      context: { ...ask, reason },
      keep: (trx, asked) => optimizations.ask(trx, { ...asked, strategyId, reason, ask }),
    })
  })
  handle(app, 'optimizationCancel', ({ params: { id }, body: { reason = null }, request }) =>
    cancelApart(deps, kind, request, { id, what: 'search', reason }),
  )
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
