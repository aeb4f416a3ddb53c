import type { FastifyInstance, FastifyRequest } from 'fastify'
import { commandEvent } from '../../command-event.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { limitOf } from '../query.ts'

/** How many jobs wait and run, and the dead letters; a change of one and its audit event in one transaction. */
export function queueRoutes(app: FastifyInstance, { desk, clock }: ApiDeps): void {
  const { queue, outbox, db } = desk
  handle(app, 'queue', async () => {
    const queues = await queue.depth()
    return { queues, dlq_size: queues.order.dead + queues.label.dead }
  })
  handle(app, 'deadLetters', async ({ query: { queue: name, limit } }) => ({
    items: await queue.deadLetters({ limit: limitOf(limit), ...(name !== undefined && { queue: name }) }),
  }))
  const settle =
    (verb: 'redrive' | 'discard', action: string) =>
    async ({ params, body, request }: { params: { id: string }; body: { reason?: string }; request: FastifyRequest }) => {
      const context = { deadLetter: params.id, reason: body.reason ?? null }
      const known = await db.transaction().execute(async (trx) => {
        if (!(await queue[verb](params.id, trx))) return false
        await outbox.add(trx, [commandEvent(whoOf(request), { ts: clock.nowMs(), action, context })])
        return true
      })
      if (!known) throw new ApiProblem('unknown_id', `no dead letter ${params.id}`)
      return { ok: true as const }
    }
  handle(app, 'deadLetterRedrive', settle('redrive', 'queue.redriven'))
  handle(app, 'deadLetterDiscard', settle('discard', 'queue.discarded'))
}
