import type { FastifyInstance } from 'fastify'
import { Decimal } from '@spark/core/trading/decimal'
import { JOBS, JOB_NAMES, nextRun } from '../../jobs/schedule.ts'
import { killScopeProblem, liftKillSwitch, setKillSwitch } from '../../kill-switch.ts'
import type { StoredStrategy } from '../../storage/strategy-store.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

const DEFAULT_CAPITAL = '1000'

/** Strategies, kill switches, jobs, keys, the account: each change and its audit event in one transaction. */
export function operationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  strategyRoutes(app, deps)
  killRoutes(app, deps)
  jobRoutes(app, deps)
  handle(app, 'keys', async () => ({ items: await deps.exchangeKeys.list() }))
  const { db, venues, outbox } = deps.desk
  handle(app, 'accountFlow', async ({ body: { asset, amount, reason }, request }) => {
    const venue = deps.config.venueName
    if (venue === 'paper') throw new ApiProblem('bad_request', 'the paper account has no deposits: see paper.startBalance')
    const ts = deps.clock.nowMs()
    await db.transaction().execute(async (trx) => {
      await venues.addFlow(trx, venue, new Map([[asset, new Decimal(amount)]]), ts)
      const context = { venue, asset, amount, reason }
      await outbox.add(trx, [
        { ts, action: 'account.flow', actor: request.principal, traceId: request.traceId, result: 'ok', context },
      ])
    })
    return { ok: true as const }
  })
}

function strategyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { db, strategies, outbox } = deps.desk

  async function saved(id: string) {
    const all = await strategies.list()
    const strategy = all.find((one) => one.id === id)
    if (strategy === undefined) throw new ApiProblem('unknown_id', `no strategy ${id}`)
    const sameStream = ({ symbol, tf }: Pick<StoredStrategy, 'symbol' | 'tf'>) => symbol === strategy.symbol && tf === strategy.tf
    const others = all.filter((one) => one.id !== id)
    return { strategy, needsRestart: ![deps.config.canary, ...others].some(sameStream) }
  }

  handle(app, 'strategyCreate', async ({ body, request }) => {
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
    const created = await db.transaction().execute(async (trx) => {
      if (!(await strategies.create(trx, strategy, ts))) return false
      const { id, symbol, tf, capital, mode } = strategy
      await outbox.add(trx, [
        {
          ts,
          action: 'strategy.created',
          actor: request.principal,
          strategyId: id,
          traceId: request.traceId,
          result: 'ok',
          context: { symbol, tf, capital, mode },
        },
      ])
      return true
    })
    if (!created) throw new ApiProblem('id_taken', `there is a strategy ${body.id} already`)
    return saved(body.id)
  })

  handle(app, 'strategyChange', async ({ params: { id }, body, request }) => {
    const ts = deps.clock.nowMs()
    await db.transaction().execute(async (trx) => {
      const before = await strategies.get(id, trx)
      if (before === null) throw new ApiProblem('unknown_id', `no strategy ${id}`)
      await strategies.change(trx, id, body, ts)
      const { name, capital, mode } = before
      await outbox.add(trx, [
        {
          ts,
          action: 'strategy.changed',
          actor: request.principal,
          strategyId: id,
          traceId: request.traceId,
          result: 'ok',
          context: { before: { name, capital, mode }, after: { name, capital, mode, ...body } },
        },
      ])
    })
    return saved(id)
  })
}

function killRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { strategies } = deps.desk
  handle(app, 'kill', async ({ body, request }) => {
    const problem = await killScopeProblem(strategies, deps.config.venueName, body.scope)
    if (problem !== null) throw new ApiProblem('unknown_id', problem)
    await setKillSwitch(deps.rolloutParts, { ...body, actor: request.principal, traceId: request.traceId })
    return { ok: true as const }
  })
  handle(app, 'unkill', async ({ body: { scope, reason, confirm }, request }) => {
    if (confirm !== scope) throw new ApiProblem('confirmation_missing', `confirm is not "${scope}"`)
    const { principal: actor, traceId } = request
    if (!(await liftKillSwitch(deps.rolloutParts, { scope, reason, actor, traceId })))
      throw new ApiProblem('unknown_id', `no kill switch is set for ${scope}`)
    return { ok: true as const }
  })
}

function jobRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { queue, outbox, db } = deps.desk
  handle(app, 'jobs', async () => {
    const last = new Map((await deps.jobRuns.last()).map(({ job, ...run }) => [job, run]))
    const nowMs = deps.clock.nowMs()
    return {
      items: JOB_NAMES.map((name) => ({ name, ...JOBS[name], nextRun: nextRun(name, nowMs), lastRun: last.get(name) ?? null })),
    }
  })
  handle(app, 'jobRun', async ({ params: { id }, body, request }) => {
    const job = JOB_NAMES.find((name) => name === id)
    if (job === undefined) throw new ApiProblem('unknown_id', `no job ${id}; there are ${JOB_NAMES.join(', ')}`)
    const ts = deps.clock.nowMs()
    await db.transaction().execute(async (trx) => {
      await queue.enqueue(trx, { queue: 'job', key: `job ${job} ${request.traceId}`, payload: { job } })
      const context = { job, reason: body.reason ?? null }
      await outbox.add(trx, [
        { ts, action: 'job.asked', actor: request.principal, traceId: request.traceId, result: 'ok', context },
      ])
    })
    return { ok: true as const }
  })
}
