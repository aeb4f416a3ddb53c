import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AlertView } from '@spark/contract/alerts'
import { alertView } from '../../alert-view.ts'
import type { AlertCommand } from '../../notify/alerts.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'
import { limitOf } from '../query.ts'

/** What fires, and what people do about it; a change and its audit event in one transaction. */
export function alertRoutes(app: FastifyInstance, { alerts, alertStore }: ApiDeps): void {
  handle(app, 'alerts', async ({ query: { after, cursor, limit: limitText, ...filter } }) => {
    const limit = limitOf(limitText)
    const change = await alertStore.newestChange()
    if (after !== undefined) {
      if (cursor !== undefined || Object.keys(filter).length > 0)
        throw new ApiProblem('bad_request', 'after goes with limit only: who follows changes must see all of them')
      const items = await alertStore.changedSince(Number(after), limit)
      return { items: items.map(alertView), nextCursor: null, change }
    }
    const beforeId = cursor === undefined ? {} : { beforeId: placeOf(cursor) }
    const found = await alertStore.list({ ...filter, ...beforeId, limit: limit + 1 })
    const items = found.slice(0, limit)
    const last = found.length > limit ? items.at(-1) : undefined
    return { items: items.map(alertView), nextCursor: last === undefined ? null : String(last.id), change }
  })

  async function act(
    { params, body, request }: { params: { id: string }; body: { reason?: string }; request: FastifyRequest },
    command: AlertCommand,
  ): Promise<AlertView> {
    const by = { actor: request.principal, traceId: request.traceId, reason: body.reason ?? null }
    const alert = /^\d{1,15}$/.test(params.id) ? await alerts.act(Number(params.id), command, by) : 'unknown'
    if (alert === 'unknown') throw new ApiProblem('unknown_id', `no alert ${params.id}`)
    if (alert === 'over') throw new ApiProblem('alert_over', `alert ${params.id} is resolved`)
    return alertView(alert)
  }
  handle(app, 'alertAcknowledge', (call) => act(call, { kind: 'acknowledge' }))
  handle(app, 'alertSnooze', (call) => act(call, { kind: 'snooze', minutes: call.body.minutes }))
  handle(app, 'alertResolve', (call) => act(call, { kind: 'resolve' }))
}

function placeOf(cursor: string): number {
  if (!/^[1-9]\d{0,14}$/.test(cursor)) throw new ApiProblem('invalid_cursor')
  return Number(cursor)
}
