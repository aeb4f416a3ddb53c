import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { systemRandomness } from '../random.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import type { StoredOrder } from '../storage/order-store.ts'
import type { StoredFill } from '../storage/position-store.ts'
import { createTradingStores, type TradingStores } from '../storage/trading-stores.ts'
import { systemClock } from '../clock.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let database: MainDatabase
let stores: TradingStores
const strategy = (id: string) => ({
  id,
  name: id,
  symbol: 'BTCUSDT',
  tf: '1h' as const,
  capital: '1000',
  mode: 'paper' as const,
  status: 'running' as const,
  baseline: 'ema_cross' as const,
  exposed: false,
})
const order = (at: number): StoredOrder => ({
  intentId: at.toString(16).padStart(64, '0'),
  clientOrderId: `sp-${at}`,
  strategyId: at % 2 === 0 ? 'even' : 'odd',
  symbol: 'BTCUSDT',
  side: 'buy',
  purpose: 'enter',
  arm: 'baseline',
  venue: 'paper',
  quantity: '1',
  filledQuantity: '0',
  referencePrice: '100',
  state: 'filled',
  reason: null,
  epoch: 1,
  candleTs: at,
  validUntil: at,
  venueOrderId: null,
  // Planned together, so at the same time.
  createdAt: 1_700_000_000_000 + Math.floor(at / 10),
  sendingAt: null,
  changedAt: 1,
  traceId: '0'.repeat(32),
  reservedMicros: 0,
  notFoundCount: 0,
  notFoundAt: null,
  tf: '1h',
  ownerNumber: 0,
})

const fill = (of: Pick<StoredFill, 'venue' | 'symbol' | 'fillId' | 'ts'>): StoredFill => ({
  intentId: order(0).intentId,
  strategyId: 'even',
  arm: 'baseline',
  side: 'sell',
  quantity: '1',
  price: '100',
  fee: '0.1',
  feeAsset: 'USDT',
  realized: '-3.5',
  ...of,
})
/** All but the last at one moment. */
const FILLS = [
  ['paper', 'ETHUSDT', '2', 1_800_000_000_000],
  ['paper', 'ETHUSDT', 'é,"1"', 1_800_000_000_000],
  ['paper', 'ETHUSDT', '1', 1_800_000_000_000],
  ['paper', 'BTCUSDT', '2', 1_800_000_000_000],
  ['inside', 'ETHUSDT', '1', 1_800_000_000_000],
  ['paper', 'BTCUSDT', '1', 1_800_000_000_000],
  ['paper', 'BTCUSDT', '=1', 1_700_000_000_000],
] as const

beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  stores = createTradingStores(database.db)
  await stores.strategies.install([strategy('even'), strategy('odd')], 1)
  await stores.orders.insertAll(
    database.db,
    Array.from({ length: 25 }, (_, at) => order(at)),
  )
  for (const [venue, symbol, fillId, ts] of FILLS)
    await stores.positions.addFill(database.db, fill({ venue, symbol, fillId, ts }), 1)
})
beforeEach(async () => {
  await database.db.deleteFrom('queue_job').execute()
  await database.db.deleteFrom('audit_outbox').execute()
  await database.db.deleteFrom('equity_mark').execute()
  await database.db.deleteFrom('position').execute()
  await database.db.deleteFrom('trade_order').where('candle_ts', '>', 100).execute()
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

const get = async (url: string) => {
  const response = await api.app.inject({ url, headers: { host: 'localhost' } })
  const { statusCode: status, body, headers } = response
  return { status, body, headers, json: response.json.bind(response) }
}
const post = async (url: string, payload: object = {}, authorization = `Bearer ${api.tokens.operator}`) => {
  const response = await api.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { host: 'localhost', ...(authorization !== '' && { authorization }) },
  })
  return { status: response.statusCode, ...(response.json() as Record<string, unknown>) }
}
const outbox = async () => (await stores.outbox.next(100)).map(({ event }) => `${event.action} ${event.actor}`)

describe('orders', () => {
  it('come page by page, each once, also those of one moment', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = (await get(`/api/orders?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`)).json() as AnswerOf<'orders'>
      seen.push(...page.items.map(({ intentId }) => intentId))
      cursor = page.nextCursor
    }
    expect(new Set(seen).size).toBe(seen.length)
    // Other tests of this file, in any order, add orders of their own.
    const own = new Set(Array.from({ length: 25 }, (_, at) => order(at).intentId))
    expect(seen.filter((id) => own.has(id))).toHaveLength(25)
    expect((await get('/api/orders?strategyId=odd')).json().items).toHaveLength(12)
    expect((await get('/api/orders?cursor=abc')).json()).toMatchObject({ code: 'invalid_cursor' })
    expect((await get('/api/orders?limit=20000')).status).toBe(400)
    expect((await get('/api/orders?state=lost')).status).toBe(400)
  })

  it('fills are served as CSV that no spreadsheet runs', async () => {
    const { body } = await get('/api/fills?format=csv&from=20231114&to=20231116')
    expect(body.split('\n')[1]).toMatch(/^1700000000000,paper,BTCUSDT,'=1,.*,sell,1,100,0.1,USDT,-3.5$/)
    expect((await get('/api/fills?to=20231114')).json()).toEqual({ items: [], nextCursor: null })
  })

  it('fills come page by page, each once, in both forms', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = (await get(`/api/fills?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)).json() as AnswerOf<'fills'>
      seen.push(...page.items.map(({ venue, symbol, fillId }) => `${venue} ${symbol} ${fillId}`))
      cursor = page.nextCursor
    }
    expect(seen).toEqual([
      'inside ETHUSDT 1',
      'paper BTCUSDT 1',
      'paper BTCUSDT 2',
      'paper ETHUSDT 1',
      'paper ETHUSDT 2',
      'paper ETHUSDT é,"1"',
      'paper BTCUSDT =1',
    ])
    const { headers } = await get('/api/fills?format=csv&limit=6')
    const rest = await get(`/api/fills?format=csv&limit=6&cursor=${String(headers['x-next-cursor'])}`)
    expect(rest.body.split('\n')).toHaveLength(3)
    expect(rest.headers).not.toHaveProperty('x-next-cursor')
    for (const wrong of ['abc', 'WzFd', `${String(headers['x-next-cursor'])}x`, Buffer.from('[1,2,3,4]').toString('base64url')])
      expect((await get(`/api/fills?cursor=${wrong}`)).json(), wrong).toMatchObject({ code: 'invalid_cursor' })
  })

  it('what was earned is that of the fills since a time, and of nothing before it', async () => {
    const earned = async (from: string) => (await get(`/api/earned?from=${from}`)).json().items
    const own = { strategyId: 'even', arm: 'baseline' }
    expect(await earned('1700000000000')).toEqual([{ ...own, realized: '-24.5', closes: 7 }])
    expect(await earned('1700000000001')).toEqual([{ ...own, realized: '-21', closes: 6 }])
    expect(await earned('1900000000000')).toEqual([])
    expect((await get('/api/earned?from=then')).status).toBe(400)
  })
})

describe('strategies', () => {
  it('are paused, stopped and started by a token alone, and the audit says by whom', async () => {
    expect(await post('/api/strategies/even/pause', {}, '')).toMatchObject({ status: 401, code: 'unauthorized' })
    expect(await post('/api/strategies/even/pause', { reason: 'news' })).toEqual({ status: 200, ok: true })
    expect((await stores.strategies.get('even'))?.status).toBe('paused')
    expect((await stores.strategies.get('even'))?.pauseReason).toBe('news')
    await post('/api/strategies/even/start')
    expect(await stores.strategies.get('even')).toMatchObject({ status: 'running', pauseReason: null })
    await post('/api/strategies/odd/stop')
    expect(await outbox()).toEqual(['strategy.paused operator', 'strategy.started operator', 'strategy.stopped operator'])
    expect(await post('/api/strategies/nobody/start')).toMatchObject({ status: 404, code: 'unknown_id' })
    expect((await get('/api/strategies/even/start')).json()).toMatchObject({ code: 'method_not_allowed' })
  })
})

describe('the queue', () => {
  const queue = () => createDatabaseQueue({ db: database.db, clock: systemClock, random: systemRandomness })
  async function bury(name: 'order' | 'notification', key: string): Promise<void> {
    await queue().enqueue(database.db, { queue: name, key, payload: { kind: 'send', intentId: key } })
    const [job] = await queue().lease(name, { limit: 1, leaseMs: 1000 })
    if (job !== undefined) await queue().bury(job, 'unknown_order', `there is no ${key}`)
  }

  it('does not count dead letters of notifications in dlq_size, but lists them', async () => {
    await bury('notification', 'n')
    expect((await get('/api/queue')).json()).toMatchObject({ dlq_size: 0, queues: { notification: { dead: 1 } } })
    expect((await get('/api/queue/dlq')).json()).toMatchObject({ items: [{ queue: 'notification', key: 'n' }] })
  })

  it('shows its dead letters, redrives and discards them', async () => {
    await bury('order', 'a')
    await bury('order', 'b')
    expect((await get('/api/queue')).json()).toMatchObject({ dlq_size: 2, queues: { order: { dead: 2, ready: 0 } } })
    const { items }: { items: { id: string; key: string; reason: string }[] } = (await get('/api/queue/dlq?queue=order')).json()
    expect(items.map(({ key, reason }) => `${key} ${reason}`).sort()).toEqual(['a unknown_order', 'b unknown_order'])
    expect(await post(`/api/queue/dlq/${items[0]?.id ?? ''}/redrive`, { reason: 'mended' })).toMatchObject({ ok: true })
    expect(await post(`/api/queue/dlq/${items[1]?.id ?? ''}/discard`)).toMatchObject({ ok: true })
    expect(await post(`/api/queue/dlq/${items[1]?.id ?? ''}/discard`)).toMatchObject({ status: 404 })
    expect((await get('/api/queue')).json()).toMatchObject({ dlq_size: 0, queues: { order: { ready: 1 } } })
    expect((await stores.outbox.next(10)).map(({ event }) => [event.action, event.actor, event.context['reason']])).toEqual([
      ['queue.redriven', 'operator', 'mended'],
      ['queue.discarded', 'operator', null],
    ])
  })
})

describe('flatten', () => {
  it('wants its scope typed twice, and is a job that outlives this process', async () => {
    expect(await post('/api/flatten', { scope: 'all', confirm: 'yes' })).toMatchObject({
      status: 400,
      code: 'confirmation_missing',
    })
    expect(await post('/api/flatten', { scope: 'everything', confirm: 'everything' })).toMatchObject({ code: 'bad_request' })
    const before: number = (await get('/api/queue')).json().queues.order.ready
    const scope = 'symbol:BTCUSDT'
    expect(await post('/api/flatten', { scope, confirm: scope, reason: 'news' })).toMatchObject({ status: 200, positions: 0 })
    expect((await get('/api/queue')).json()).toMatchObject({ queues: { order: { ready: before + 1 } } })
    expect((await stores.outbox.next(10)).at(-1)?.event).toMatchObject({
      action: 'flatten.asked',
      actor: 'operator',
      context: { scope, reason: 'news' },
    })
  })
})

it('equity shows the last day of the market, which in a replay is not today', async () => {
  const noon = Date.parse('2024-11-24T12:00:00Z')
  const at = (ts: number) => ({ ts, scope: 'total', equity: '1', realized: '0', unrealized: '0', fees: '0' })
  await stores.equityCurve.add([at(noon - 86_400_001), at(noon - 86_400_000), at(noon)])
  await stores.equityCurve.setMark('now', '1', noon)
  const { points } = (await get('/api/equity')).json() as AnswerOf<'equity'>
  expect(points.map(({ ts }) => ts)).toEqual([noon - 86_400_000, noon])
})

describe('risk', () => {
  const limits = async () => {
    const { limits: all } = (await get('/api/risk')).json() as AnswerOf<'risk'>
    return Object.fromEntries(all.map(({ name, limit, used, by }) => [name, [limit, used, by]]))
  }

  it('shows epoch, kill switches and the venue', async () => {
    await stores.risk.kill(database.db, { scope: 'all', reason: 'test', actor: 'me', setAt: 5 })
    await stores.venues.setHalt(database.db, 'paper', 'the books differ', 6)
    expect((await get('/api/risk')).json()).toMatchObject({
      epoch: 1,
      mlOff: false,
      leaseUntil: 0,
      killSwitches: [{ scope: 'all', reason: 'test', actor: 'me', setAt: 5 }],
      venue: { name: 'paper', haltedReason: 'the books differ', reconciledAt: null, protection: 'none' },
    })
  })

  it('shows every limit, and before the executor has looked nothing of losses', async () => {
    expect(Object.keys(await limits())).toEqual([
      'allowedSymbols',
      'priceCollarPercent',
      'maxPriceAgeS',
      'maxOrderNotional',
      'maxStrategyNotional',
      'maxTotalNotional',
      'maxOrdersPerMinute',
      'maxCancelsPerMinute',
      'maxRepeats',
      'repeatWindowS',
      'maxDailyLoss',
      'maxDrawdownPercent',
    ])
    expect(await limits()).toMatchObject({ maxDailyLoss: ['6000', null, null], maxDrawdownPercent: ['20', null, null] })
  })

  it('shows what is used of each limit, as the check before an order counts', async () => {
    const noon = Date.parse('2026-11-24T12:00:00Z')
    await stores.equityCurve.setMark('day:2026-11-24', '10000', noon - 1)
    await stores.equityCurve.setMark('peak', '12500', noon - 1)
    await stores.equityCurve.setMark('now', '9400.5', noon)
    const held = { symbol: 'ETHUSDT', arm: 'baseline', openedAt: 1, reduceOnly: false } as const
    await stores.positions.put(database.db, { ...held, strategyId: 'even', quantity: '2', averagePrice: '150.25' }, 1)
    const open = { state: 'sending', strategyId: 'odd', side: 'sell' } as const
    await stores.orders.insertAll(database.db, [
      { ...order(101), ...open, createdAt: noon - 59_000, reservedMicros: 300_600_000 },
      { ...order(102), ...open, createdAt: noon - 61_000, reservedMicros: 1 },
      { ...order(103), ...open, createdAt: noon - 1, state: 'rejected' },
    ])
    expect(await limits()).toEqual({
      allowedSymbols: [null, 'BTCUSDT ETHUSDT', null],
      priceCollarPercent: ['5', null, null],
      maxPriceAgeS: ['120', null, null],
      maxOrderNotional: ['1000', null, null],
      maxStrategyNotional: ['1000', '300.600001', 'odd'],
      maxTotalNotional: ['150000', '601.100001', null],
      maxOrdersPerMinute: ['600', '1', null],
      maxCancelsPerMinute: ['600', null, null],
      maxRepeats: ['10', '2', 'odd sell'],
      repeatWindowS: ['300', null, null],
      maxDailyLoss: ['6000', '599.5', null],
      maxDrawdownPercent: ['20', '24.796', null],
    })
    expect((await get('/api/risk')).json()).toMatchObject({ asOf: noon })
  })
})
