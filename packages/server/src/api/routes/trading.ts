import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TIME_FORMS, parseTime } from '@spark/contract/time'
import type { OrderView } from '@spark/contract/trading'
import type { StrategyStatus } from '@spark/core/trading/strategy'
import type { StoredOrder } from '../../storage/order-store.ts'
import type { StoredFill } from '../../storage/position-store.ts'
import { riskLimitsOf } from '../../risk-limits.ts'
import { ApiProblem } from '../api-problem.ts'
import { csvLine } from '../csv.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

/** A command to one thing, with a reason perhaps. */
interface NamedCall {
  params: { id: string }
  body: { reason?: string }
  request: FastifyRequest
}

const DAY_MS = 86_400_000
const EQUITY_POINTS_MAX = 10_000

export function tradingRoutes(app: FastifyInstance, deps: ApiDeps): void {
  strategyRoutes(app, deps)
  queueRoutes(app, deps)
  const { orders, positions, risk, venues, equityCurve } = deps.desk
  handle(app, 'orders', async ({ query }) => {
    const limit = limitOf(query.limit)
    const { cursor, limit: _, ...filter } = query
    const found = await orders.list({ ...filter, limit: limit + 1, ...(cursor !== undefined && { after: placeOf(cursor) }) })
    const items = found.slice(0, limit)
    const last = found.length > limit ? items.at(-1) : undefined
    return { items: items.map(orderView), nextCursor: last === undefined ? null : `${last.createdAt}.${last.intentId}` }
  })
  handle(app, 'fills', async ({ query, reply }) => {
    const { strategyId, symbol, from, to, format, limit } = query
    const items = await positions.fills({
      limit: limitOf(limit),
      ...(strategyId !== undefined && { strategyId }),
      ...(symbol !== undefined && { symbol }),
      ...(from !== undefined && { fromMs: timeOf(from, 'from') }),
      ...(to !== undefined && { toMs: timeOf(to, 'to') }),
    })
    if (format !== 'csv') return { items }
    reply.header('content-disposition', 'attachment; filename="spark-fills.csv"')
    return reply.type('text/csv; charset=utf-8').send(fillsCsv(items))
  })
  handle(app, 'positions', async () => ({ items: await positions.open(), profits: await positions.profits() }))
  handle(app, 'equity', async ({ query }) => {
    const scope = query.scope ?? 'total'
    const fromMs = query.from === undefined ? deps.clock.nowMs() - DAY_MS : timeOf(query.from, 'from')
    const points = await equityCurve.points(scope, fromMs, EQUITY_POINTS_MAX)
    return { scope, points: points.map(({ scope: _, ...point }) => point) }
  })
  const limits = riskLimitsOf(deps.config.file)
  handle(app, 'risk', async () => {
    const { db } = deps.desk
    const nowMs = deps.clock.nowMs()
    const sums = await risk.sums(db, { strategyIds: [], candleTs: [], nowMs, repeatWindowMs: 0 })
    const name = deps.config.venueName
    return {
      ...(await risk.epoch(db)),
      killSwitches: await risk.killSwitches(),
      venue: { name, haltedReason: await venues.halt(db, name), reconciledAt: await venues.reconciledAt(name) },
      exposure: sums.total,
      ordersLastMinute: sums.ordersLastMinute,
      limits: { ...limits, allowedSymbols: limits.allowedSymbols === null ? null : [...limits.allowedSymbols] },
    }
  })
}

function strategyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { strategies, positions, queue, db, outbox } = deps.desk
  handle(app, 'strategies', async () => ({ items: await strategies.list() }))
  const setStatus =
    (status: StrategyStatus, action: string) =>
    async ({ params, body, request }: NamedCall) => {
      const reason = status === 'running' ? null : (body.reason ?? 'by hand')
      const known = await db.transaction().execute(async (trx) => {
        const changed = await strategies.setStatus(trx, params.id, status, reason, deps.clock.nowMs())
        if (changed)
          await outbox.add(trx, [
            {
              ts: deps.clock.nowMs(),
              action,
              actor: request.principal,
              strategyId: params.id,
              traceId: request.traceId,
              result: 'ok',
              context: { status, reason: body.reason ?? null },
            },
          ])
        return changed
      })
      if (!known) throw new ApiProblem('unknown_id', `no strategy ${params.id}`)
      return { ok: true as const }
    }
  handle(app, 'strategyStart', setStatus('running', 'strategy.started'))
  handle(app, 'strategyPause', setStatus('paused', 'strategy.paused'))
  handle(app, 'strategyStop', setStatus('stopped', 'strategy.stopped'))
  handle(app, 'flatten', async ({ body: { scope, confirm }, request }) => {
    if (confirm !== scope) throw new ApiProblem('confirmation_missing', `confirm is not "${scope}"`)
    const requestId = deps.random.traceId()
    const askedAt = deps.clock.nowMs()
    const event = {
      ts: askedAt,
      action: 'flatten.asked',
      actor: request.principal,
      traceId: request.traceId,
      result: 'ok' as const,
      context: { scope, requestId },
    }
    await db.transaction().execute(async (trx) => {
      const payload = { kind: 'flatten', scope, requestId, actor: request.principal, askedAt }
      await queue.enqueue(trx, { queue: 'order', key: `flatten ${requestId}`, payload })
      await outbox.add(trx, [event])
    })
    const held = await positions.open()
    const inScope = held.filter(({ strategyId, symbol }) => ['all', `strategy:${strategyId}`, `symbol:${symbol}`].includes(scope))
    return { requestId, positions: inScope.length }
  })
}

function queueRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { queue, outbox, db } = deps.desk
  handle(app, 'queue', async () => {
    const queues = await queue.depth()
    return { queues, dlq_size: queues.order.dead + queues.label.dead }
  })
  handle(app, 'deadLetters', async ({ query: { queue: name, limit } }) => ({
    items: await queue.deadLetters({ limit: limitOf(limit), ...(name !== undefined && { queue: name }) }),
  }))
  const settle =
    (work: (id: string) => Promise<boolean>, action: string) =>
    async ({ params, body, request }: NamedCall) => {
      if (!(await work(params.id))) throw new ApiProblem('unknown_id', `no dead letter ${params.id}`)
      await outbox.add(db, [
        {
          ts: deps.clock.nowMs(),
          action,
          actor: request.principal,
          traceId: request.traceId,
          result: 'ok',
          context: { deadLetter: params.id, reason: body.reason ?? null },
        },
      ])
      return { ok: true as const }
    }
  handle(
    app,
    'deadLetterRedrive',
    settle((id) => queue.redrive(id), 'queue.redriven'),
  )
  handle(
    app,
    'deadLetterDiscard',
    settle((id) => queue.discard(id), 'queue.discarded'),
  )
}

function orderView(order: StoredOrder): OrderView {
  const { venueOrderId: _venue, reservedMicros: _reserved, notFoundCount: _count, notFoundAt: _at, ...view } = order
  return view
}

function limitOf(text: string | undefined): number {
  const limit = text === undefined ? 100 : Number(text)
  if (limit > 10_000) throw new ApiProblem('bad_request', 'limit must be from 1 to 10000')
  return limit
}

function timeOf(text: string, name: string): number {
  const ms = parseTime(text)
  if (ms === null) throw new ApiProblem('bad_request', `${name} must be ${TIME_FORMS}`)
  return ms
}

function placeOf(cursor: string): { createdAt: number; intentId: string } {
  const [, createdAt, intentId] = /^(\d{1,16})\.([0-9a-f]{64})$/.exec(cursor) ?? []
  if (createdAt === undefined || intentId === undefined) throw new ApiProblem('invalid_cursor')
  return { createdAt: Number(createdAt), intentId }
}

const FILL_COLUMNS = [
  'ts',
  'venue',
  'symbol',
  'fillId',
  'intentId',
  'strategyId',
  'arm',
  'side',
  'quantity',
  'price',
  'fee',
  'feeAsset',
  'realized',
] as const

function fillsCsv(fills: readonly StoredFill[]): string {
  return [csvLine([...FILL_COLUMNS]), ...fills.map((fill) => csvLine(FILL_COLUMNS.map((column) => fill[column])))].join('')
}
