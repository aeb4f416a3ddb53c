import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { StrategyStatus } from '@spark/core/trading/strategy'
import type { StoredStrategy } from '../../storage/strategy-store.ts'
import { ApiProblem } from '../api-problem.ts'
import { commandEvent } from '../command-event.ts'
import type { ApiDeps } from '../deps.ts'
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

function switchRoutes(app: FastifyInstance, { desk, clock }: ApiDeps): void {
  const { strategies, db, outbox } = desk
  const setStatus =
    (status: StrategyStatus, action: string) =>
    async ({ params: { id }, body, request }: NamedCall) => {
      const ts = clock.nowMs()
      const reason = status === 'running' ? null : (body.reason ?? 'by hand')
      const context = { status, reason: body.reason ?? null }
      const known = await db.transaction().execute(async (trx) => {
        const changed = await strategies.setStatus(trx, id, status, reason, ts)
        if (changed) await outbox.add(trx, [commandEvent(request, { ts, action, strategyId: id, context })])
        return changed
      })
      if (!known) throw new ApiProblem('unknown_id', `no strategy ${id}`)
      return { ok: true as const }
    }
  handle(app, 'strategyStart', setStatus('running', 'strategy.started'))
  handle(app, 'strategyPause', setStatus('paused', 'strategy.paused'))
  handle(app, 'strategyStop', setStatus('stopped', 'strategy.stopped'))
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
      await outbox.add(trx, [commandEvent(request, { ts, action: 'strategy.created', strategyId: id, context })])
      return true
    })
    if (!created) throw new ApiProblem('id_taken', `there is a strategy ${id} already`)
    return saved(id)
  })

  handle(app, 'strategyChange', async ({ params: { id }, body: { reason = null, ...change }, request }) => {
    if (Object.keys(change).length === 0) throw new ApiProblem('bad_request', 'nothing to change: name, capital or mode')
    const ts = deps.clock.nowMs()
    await db.transaction().execute(async (trx) => {
      const before = await strategies.get(id, trx)
      if (before === null) throw new ApiProblem('unknown_id', `no strategy ${id}`)
      await strategies.change(trx, id, change, ts)
      const { name, capital, mode } = before
      const context = { before: { name, capital, mode }, after: { name, capital, mode, ...change }, reason }
      await outbox.add(trx, [commandEvent(request, { ts, action: 'strategy.changed', strategyId: id, context })])
    })
    return saved(id)
  })
}
