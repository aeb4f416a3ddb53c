import type { FastifyInstance } from 'fastify'
import type { OrderView, RiskLimitName } from '@spark/contract/trading'
import type { StoredOrder } from '../../storage/order-store.ts'
import type { ChangedLimit } from '../../storage/risk-limit-store.ts'
import { dayMark } from '../../storage/equity-store.ts'
import type { FillPlace, StoredFill } from '../../storage/position-store.ts'
import { AT_ONCE } from '../../queue/queue.ts'
import { changeLimits } from '../../change-limits.ts'
import { effectiveLimits, limitTexts, riskLimitsOf } from '../../risk-limits.ts'
import { commandEvent } from '../../command-event.ts'
import { ApiProblem } from '../api-problem.ts'
import { csvLine } from '../csv.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { limitOf, timeOf } from '../query.ts'
import { limitViews } from '../risk-view.ts'

const DAY_MS = 86_400_000
const EQUITY_POINTS_MAX = 10_000

/** Orders, fills, positions, equity, risk: what became of the strategies' wishes; and flatten. */
export function tradingRoutes(app: FastifyInstance, deps: ApiDeps): void {
  bookRoutes(app, deps)
  riskRoute(app, deps)
  limitRoute(app, deps)
  flattenRoute(app, deps)
}

function bookRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { orders, positions, equityCurve } = deps.desk
  handle(app, 'orders', async ({ query }) => {
    const limit = limitOf(query.limit)
    const { cursor, limit: _, ...filter } = query
    const found = await orders.list({ ...filter, limit: limit + 1, ...(cursor !== undefined && { after: orderPlace(cursor) }) })
    const items = found.slice(0, limit)
    const last = found.length > limit ? items.at(-1) : undefined
    return { items: items.map(orderView), nextCursor: last === undefined ? null : `${last.createdAt}.${last.intentId}` }
  })
  handle(app, 'fills', async ({ query, reply }) => {
    const limit = limitOf(query.limit)
    const { from, to, cursor, format, limit: _, ...filter } = query
    const found = await positions.fills({
      ...filter,
      limit: limit + 1,
      ...(from !== undefined && { fromMs: timeOf(from, 'from') }),
      ...(to !== undefined && { toMs: timeOf(to, 'to') }),
      ...(cursor !== undefined && { after: fillPlace(cursor) }),
    })
    const items = found.slice(0, limit)
    const last = found.length > limit ? items.at(-1) : undefined
    const nextCursor = last === undefined ? null : fillCursor(last)
    if (format !== 'csv') return { items, nextCursor }
    reply.header('content-disposition', 'attachment; filename="spark-fills.csv"')
    if (nextCursor !== null) reply.header('x-next-cursor', nextCursor)
    return reply.type('text/csv; charset=utf-8').send(fillsCsv(items))
  })
  handle(app, 'positions', async () => ({ items: await positions.open(), profits: [...(await positions.profits())] }))
  handle(app, 'earned', async ({ query }) => {
    const from = query.from === undefined ? 0 : timeOf(query.from, 'from')
    return { from, items: await positions.earnedSince(from) }
  })
  handle(app, 'equity', async ({ query }) => {
    const scope = query.scope ?? 'total'
    const fromMs = query.from === undefined ? (await marketNowMs(deps)) - DAY_MS : timeOf(query.from, 'from')
    const points = await equityCurve.points(scope, fromMs, EQUITY_POINTS_MAX)
    return { scope, points: points.map(({ scope: _, ...point }) => point) }
  })
}

/** The executor's time: in a replay that of the data. */
export async function marketNowMs({ desk, clock }: Pick<ApiDeps, 'desk' | 'clock'>): Promise<number> {
  return (await desk.equityCurve.mark('now'))?.ts ?? clock.nowMs()
}

function riskRoute(app: FastifyInstance, deps: ApiDeps): void {
  const { desk, config } = deps
  const { db, risk, riskLimits, venues, equityCurve } = desk
  const fileLimits = limitTexts(riskLimitsOf(config.file))
  const name = config.venueName
  handle(app, 'risk', async () => {
    const [now, peak] = [await equityCurve.mark('now'), await equityCurve.mark('peak')]
    const nowMs = await marketNowMs(deps)
    const dayStart = await equityCurve.mark(dayMark(nowMs))
    const known = now !== null && peak !== null && dayStart !== null
    const equity = known ? { now: now.equity, peak: peak.equity, dayStart: dayStart.equity } : null
    const { halted, entriesStopped, reconciledAt } = await venues.standing(db, name)
    const changed = await riskLimits.list()
    const { limits, unreadable } = effectiveLimits(config.file, changed)
    const usage = await risk.usage({ nowMs, repeatWindowMs: limits.repeatWindowMs })
    return {
      ...(await risk.epoch(db)),
      killSwitches: await risk.killSwitches(),
      venue: {
        name,
        haltedReason: halted,
        entriesStoppedReason: entriesStopped,
        reconciledAt,
        protection: 'none' as const,
      },
      asOf: now?.ts ?? null,
      limits: limitViews(limits, usage, equity).map((view) => ({
        ...view,
        fileLimit: fileLimits[view.name],
        changed: changeOf(changed, view.name),
        unreadable: unreadable.includes(view.name),
      })),
    }
  })
}

function changeOf(changed: readonly ChangedLimit[], name: RiskLimitName): { by: string; at: number } | null {
  const found = changed.find((one) => one.name === name)
  return found === undefined ? null : { by: found.actor, at: found.changedAt }
}

function limitRoute(app: FastifyInstance, { desk, config, clock }: ApiDeps): void {
  handle(app, 'riskLimitsChange', async ({ body: { limits, reason }, request }) => {
    const answer = await changeLimits({ stores: desk, file: config.file, clock }, limits, { ...whoOf(request), reason })
    if ('problems' in answer) throw new ApiProblem('setting_refused', answer.problems.join('; '))
    return answer
  })
}

function flattenRoute(app: FastifyInstance, { desk, clock, random }: ApiDeps): void {
  const { db, queue, outbox, positions } = desk
  handle(app, 'flatten', async ({ body: { scope, confirm, reason = null }, request }) => {
    if (confirm !== scope) throw new ApiProblem('confirmation_missing', `confirm is not "${scope}"`)
    const requestId = random.traceId()
    const ts = clock.nowMs()
    await db.transaction().execute(async (trx) => {
      const payload = { kind: 'flatten', scope, requestId, actor: request.principal, askedAt: ts }
      await queue.enqueue(trx, { queue: 'order', key: `flatten ${requestId}`, payload, runAt: AT_ONCE })
      await outbox.add(trx, [
        commandEvent(whoOf(request), { ts, action: 'flatten.asked', context: { scope, requestId, reason } }),
      ])
    })
    const held = await positions.open()
    const inScope = held.filter(({ strategyId, symbol }) => ['all', `strategy:${strategyId}`, `symbol:${symbol}`].includes(scope))
    return { requestId, positions: inScope.length }
  })
}

function orderView(order: StoredOrder): OrderView {
  const { venueOrderId: _venue, reservedMicros: _reserved, notFoundCount: _count, notFoundAt: _at, ...rest } = order
  const { tf: _tf, ownerNumber: _number, ...view } = rest
  return view
}

function orderPlace(cursor: string): { createdAt: number; intentId: string } {
  const [, createdAt, intentId] = /^(\d{1,16})\.([0-9a-f]{64})$/.exec(cursor) ?? []
  if (createdAt === undefined || intentId === undefined) throw new ApiProblem('invalid_cursor')
  return { createdAt: Number(createdAt), intentId }
}

function fillCursor({ ts, venue, symbol, fillId }: FillPlace): string {
  return Buffer.from(JSON.stringify([ts, venue, symbol, fillId])).toString('base64url')
}

function fillPlace(cursor: string): FillPlace {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const [ts, venue, symbol, fillId, ...rest] = Array.isArray(place) ? (place as unknown[]) : []
    const texts = typeof venue === 'string' && typeof symbol === 'string' && typeof fillId === 'string'
    if (Number.isSafeInteger(ts) && texts && rest.length === 0) return { ts: Number(ts), venue, symbol, fillId }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new ApiProblem('invalid_cursor')
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
