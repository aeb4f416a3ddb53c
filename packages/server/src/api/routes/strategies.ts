import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { StrategyStatus } from '@spark/core/trading/strategy'
import { commandEvent } from '../../command-event.ts'
import type { StoredStrategy } from '../../storage/strategy-store.ts'
import { changeStrategy, setStrategyStatus } from '../../strategy-commands.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'

const DEFAULT_CAPITAL = '1000'

/** A command to one thing, with a reason perhaps. */
interface NamedCall {
  params: { id: string }
  body: { reason?: string }
  request: FastifyRequest
}

/** Each change and its audit event in one transaction. */
export function strategyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'strategies', async () => ({ items: await deps.desk.strategies.list() }))
  switchRoutes(app, deps)
  changeRoutes(app, deps)
}

function switchRoutes(app: FastifyInstance, { desk: stores, clock }: ApiDeps): void {
  const setStatus =
    (status: StrategyStatus) =>
    async ({ params: { id }, body, request }: NamedCall) => {
      const command = { id, reason: body.reason ?? null, ...whoOf(request) }
      if (!(await setStrategyStatus({ stores, clock }, command, status))) throw new ApiProblem('unknown_id', `no strategy ${id}`)
      return { ok: true as const }
    }
  handle(app, 'strategyStart', setStatus('running'))
  handle(app, 'strategyPause', setStatus('paused'))
  handle(app, 'strategyStop', setStatus('stopped'))
}

function changeRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { db, strategies, outbox } = deps.desk

  async function saved(id: string) {
    const all = await strategies.list()
    const strategy = all.find((one) => one.id === id)
    if (strategy === undefined) throw new ApiProblem('unknown_id', `no strategy ${id}`)
    const sameStream = ({ symbol, tf }: Pick<StoredStrategy, 'symbol' | 'tf'>) => symbol === strategy.symbol && tf === strategy.tf
    const others = all.filter((one) => one.id !== id)
    return { strategy, needsRestart: ![deps.config.canary, ...others].some(sameStream) }
  }

  handle(app, 'strategyCreate', async ({ body: { reason = null, ...body }, request }) => {
    const ts = deps.clock.nowMs()
    const strategy = {
      ...body,
      name: body.name ?? body.id,
      capital: body.capital ?? DEFAULT_CAPITAL,
      mode: body.mode ?? ('paper' as const),
      status: 'running' as const,
      baseline: 'ema_cross' as const,
      exposed: false,
    }
    const { id, symbol, tf, capital, mode } = strategy
    const context = { symbol, tf, capital, mode, reason }
    const created = await db.transaction().execute(async (trx) => {
      if (!(await strategies.create(trx, strategy, ts))) return false
      await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: 'strategy.created', strategyId: id, context })])
      return true
    })
    if (!created) throw new ApiProblem('id_taken', `there is a strategy ${id} already`)
    return saved(id)
  })

  handle(app, 'strategyChange', async ({ params: { id }, body: { reason = null, ...change }, request }) => {
    if (Object.keys(change).length === 0) throw new ApiProblem('bad_request', 'nothing to change: name, capital or mode')
    const { clock, desk: stores } = deps
    if (!(await changeStrategy({ stores, clock }, { id, reason, ...whoOf(request) }, change)))
      throw new ApiProblem('unknown_id', `no strategy ${id}`)
    return saved(id)
  })
}
