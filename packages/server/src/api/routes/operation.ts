import type { FastifyInstance } from 'fastify'
import { Decimal } from '@spark/core/trading/decimal'
import { JOBS, JOB_NAMES, nextRun } from '../../jobs/schedule.ts'
import { killScopeProblem, liftKillSwitch, setKillSwitch } from '../../kill-switch.ts'
import { commandEvent } from '../../command-event.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'

/** Kill switches, jobs, keys, the account: each change and its audit event in one transaction. */
export function operationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  killRoutes(app, deps)
  jobRoutes(app, deps)
  handle(app, 'keys', async () => ({ items: await deps.exchangeKeys.list() }))
  const { db, venues, outbox } = deps.desk
  handle(app, 'accountFlow', async ({ body: { asset, amount, reason }, request }) => {
    const venue = deps.config.venueName
    if (venue === 'paper') throw new ApiProblem('bad_request', 'the paper account has no deposits: see paper.startBalance')
    const ts = deps.clock.nowMs()
    const context = { venue, asset, amount, reason }
    await db.transaction().execute(async (trx) => {
      const held = await venues.balances(venue, trx)
      if (held.size === 0)
        throw new ApiProblem(
          'bad_request',
          `the executor takes over what ${venue} holds at its first start; until then there is no book`,
        )
      const left = new Decimal(held.get(asset) ?? 0).plus(amount)
      if (left.lt(0)) throw new ApiProblem('bad_request', `our book holds ${held.get(asset) ?? 0} ${asset}, less than ${amount}`)
      await venues.addFlow(trx, venue, new Map([[asset, new Decimal(amount)]]), ts)
      await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: 'account.flow', context })])
    })
    return { ok: true as const }
  })
}

function killRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { strategies } = deps.desk
  handle(app, 'kill', async ({ body, request }) => {
    const problem = await killScopeProblem(strategies, deps.config.venueName, body.scope)
    if (problem !== null) throw new ApiProblem('unknown_id', problem)
    await setKillSwitch(deps.rolloutParts, { ...body, ...whoOf(request) })
    await deps.rollout.look()
    return { ok: true as const }
  })
  handle(app, 'unkill', async ({ body: { scope, reason, confirm }, request }) => {
    if (confirm !== scope) throw new ApiProblem('confirmation_missing', `confirm is not "${scope}"`)
    if (!(await liftKillSwitch(deps.rolloutParts, { scope, reason, ...whoOf(request) })))
      throw new ApiProblem('unknown_id', `no kill switch is set for ${scope}`)
    await deps.rollout.look()
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
      await queue.enqueue(trx, {
        queue: 'job',
        key: `job ${job} ${request.traceId}`,
        payload: { job, askedBy: request.principal },
      })
      const context = { job, reason: body.reason ?? null }
      await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: 'job.asked', context })])
    })
    return { ok: true as const }
  })
}
