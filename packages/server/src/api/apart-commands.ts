import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { commandEvent } from '../command-event.ts'
import { APART_OPEN_MAX } from '../jobs/run-jobs.ts'
import type { ApartRuns } from '../storage/apart-runs.ts'
import type { MainTables } from '../storage/tables.ts'
import { ApiProblem } from './api-problem.ts'
import type { ApiDeps } from './deps.ts'
import { whoOf } from './guard.ts'

/** What runs in a process of its own: its name in jobs and audit, and what people call several of it. */
interface Kind {
  name: 'rehearsal' | 'optimization'
  several: string
  store: Pick<ApartRuns, 'open' | 'cancel'>
}

type Deps = Pick<ApiDeps, 'desk' | 'clock' | 'random'>

/** What was asked for, as its store keeps it. */
interface Asked {
  id: string
  askedBy: string
  askedAt: number
}

/** Asks for one in a transaction: its row, its job, its audit event. Throws ApiProblem when too many wait or run. */
export async function askApart(
  { desk: { db, queue, outbox }, clock, random }: Deps,
  { name, several, store }: Kind,
  request: FastifyRequest,
  about: {
    strategyId?: string
    context: Record<string, unknown>
    keep: (trx: Kysely<MainTables>, asked: Asked) => Promise<void>
  },
): Promise<{ id: string }> {
  const id = random.traceId()
  const ts = clock.nowMs()
  const { strategyId = null, context, keep } = about
  await db.transaction().execute(async (trx) => {
    if ((await store.open(trx)) >= APART_OPEN_MAX)
      throw new ApiProblem('too_many_things', `${APART_OPEN_MAX} ${several} wait or run; cancel one`)
    await keep(trx, { id, askedBy: request.principal, askedAt: ts })
    await queue.enqueue(trx, { queue: 'job', key: `${name} ${id}`, payload: { [name]: id } })
    const told = { [name]: id, ...context }
    await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: `${name}.asked`, strategyId, context: told })])
  })
  return { id }
}

/** Cancels one that waits or runs, with its audit event. */
export async function cancelApart(
  { desk: { db, outbox }, clock }: Pick<Deps, 'desk' | 'clock'>,
  { name, store }: Kind,
  request: FastifyRequest,
  { id, what, reason }: { id: string; what: string; reason: string | null },
): Promise<{ ok: true }> {
  const ts = clock.nowMs()
  await db.transaction().execute(async (trx) => {
    if (!(await store.cancel(trx, id, ts))) throw new ApiProblem('unknown_id', `no ${what} ${id} waits or runs`)
    const context = { [name]: id, reason }
    await outbox.add(trx, [commandEvent(whoOf(request), { ts, action: `${name}.cancelled`, context })])
  })
  return { ok: true }
}
