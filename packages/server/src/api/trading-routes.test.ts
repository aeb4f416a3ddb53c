import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { systemRandomness } from '../random.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import type { StoredOrder } from '../storage/order-store.ts'
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
})

beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  stores = createTradingStores(database.db)
  await stores.strategies.install([strategy('even'), strategy('odd')], 1)
  await stores.orders.insertAll(
    database.db,
    Array.from({ length: 25 }, (_, at) => order(at)),
  )
  await stores.positions.addFill(
    database.db,
    {
      venue: 'paper',
      symbol: 'BTCUSDT',
      fillId: '=1',
      intentId: order(0).intentId,
      strategyId: 'even',
      arm: 'baseline',
      side: 'sell',
      quantity: '1',
      price: '100',
      fee: '0.1',
      feeAsset: 'USDT',
      realized: '-3.5',
      ts: 1_700_000_000_000,
    },
    1,
  )
})
beforeEach(async () => {
  await database.db.deleteFrom('queue_job').execute()
  await database.db.deleteFrom('audit_outbox').execute()
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

const get = async (url: string) => {
  const response = await api.app.inject({ url, headers: { host: 'localhost' } })
  return { status: response.statusCode, body: response.body, json: response.json.bind(response) }
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
    expect(new Set(seen).size).toBe(25)
    expect(seen).toHaveLength(25)
    expect((await get('/api/orders?strategyId=odd')).json().items).toHaveLength(12)
    expect((await get('/api/orders?cursor=abc')).json()).toMatchObject({ code: 'invalid_cursor' })
    expect((await get('/api/orders?limit=20000')).status).toBe(400)
    expect((await get('/api/orders?state=lost')).status).toBe(400)
  })

  it('fills are served as CSV that no spreadsheet runs', async () => {
    const { body } = await get('/api/fills?format=csv&from=20231114&to=20231116')
    expect(body.split('\n')[1]).toMatch(/^1700000000000,paper,BTCUSDT,'=1,.*,sell,1,100,0.1,USDT,-3.5$/)
    expect((await get('/api/fills?to=20231114')).json()).toEqual({ items: [] })
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
  it('shows its dead letters, redrives and discards them', async () => {
    const queue = createDatabaseQueue({ db: database.db, clock: systemClock, random: systemRandomness })
    for (const key of ['a', 'b']) {
      await queue.enqueue(database.db, { queue: 'order', key, payload: { kind: 'send', intentId: key } })
      const [job] = await queue.lease('order', { limit: 1, leaseMs: 1000 })
      if (job !== undefined) await queue.bury(job, 'unknown_order', `there is no ${key}`)
    }
    expect((await get('/api/queue')).json()).toMatchObject({ dlq_size: 2, queues: { order: { dead: 2, ready: 0 } } })
    const { items }: { items: { id: string; key: string; reason: string }[] } = (await get('/api/queue/dlq?queue=order')).json()
    expect(items.map(({ key, reason }) => `${key} ${reason}`).sort()).toEqual(['a unknown_order', 'b unknown_order'])
    expect(await post(`/api/queue/dlq/${items[0]?.id ?? ''}/redrive`)).toMatchObject({ ok: true })
    expect(await post(`/api/queue/dlq/${items[1]?.id ?? ''}/discard`)).toMatchObject({ ok: true })
    expect(await post(`/api/queue/dlq/${items[1]?.id ?? ''}/discard`)).toMatchObject({ status: 404 })
    expect((await get('/api/queue')).json()).toMatchObject({ dlq_size: 0, queues: { order: { ready: 1 } } })
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
    expect(await post('/api/flatten', { scope: 'symbol:BTCUSDT', confirm: 'symbol:BTCUSDT' })).toMatchObject({
      status: 200,
      positions: 0,
    })
    expect((await get('/api/queue')).json()).toMatchObject({ queues: { order: { ready: before + 1 } } })
    expect((await outbox()).at(-1)).toBe('flatten.asked operator')
  })
})

it('risk shows epoch, kill switches and the venue', async () => {
  await stores.risk.kill(database.db, { scope: 'all', reason: 'test', actor: 'me', setAt: 5 })
  await stores.venues.setHalt(database.db, 'paper', 'the books differ', 6)
  expect((await get('/api/risk')).json()).toEqual({
    epoch: 1,
    mlOff: false,
    leaseUntil: 0,
    killSwitches: [{ scope: 'all', reason: 'test', actor: 'me', setAt: 5 }],
    venue: { name: 'paper', haltedReason: 'the books differ', reconciledAt: null },
    exposure: '0',
    ordersLastMinute: 0,
    limits: expect.objectContaining({ maxOrdersPerMinute: 600, maxTotalNotional: '150000', allowedSymbols: null }) as object,
  })
})
