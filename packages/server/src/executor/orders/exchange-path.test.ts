import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_RISK_LIMITS } from '@spark/core/trading/risk'
import { Decimal } from '@spark/core/trading/decimal'
import { API_KEY, API_SECRET } from '../../../../../test/binance/order-desk.ts'
import { startBinanceServer, type BinanceServer } from '../../../../../test/binance/binance-server.ts'
import { startQueueWorker, type QueueWorker } from '../../queue/worker.ts'
import { openCcxtVenue, type CcxtVenue } from '../../venue/ccxt-venue.ts'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import type { OrderPath } from './order-path.ts'
import { planOrders } from './plan-orders.ts'
import { reconcileVenue } from './reconcile-venue.ts'
import { sendOrder } from './send-order.ts'

/** The order path against an exchange that speaks Binance's protocol. */
let fixture: PathFixture
let server: BinanceServer
let venue: CcxtVenue
let path: OrderPath
let worker: QueueWorker

const PLACE = 'POST /api/v3/order'

beforeEach(async () => {
  fixture = await openPath()
  const { clock } = fixture
  server = await startBinanceServer({ nowMs: () => clock.nowMs(), symbols: ['BTCUSDT'] })
  server.desk.trade('BTCUSDT', '50000')
  const keys = { apiKey: API_KEY, secret: API_SECRET }
  venue = await openCcxtVenue({ exchange: 'binance', keys, live: false, baseUrl: server.origin, clock })
  const instruments = await venue.instruments(['BTCUSDT'])
  path = { ...fixture.path, venue, instruments: new Map(instruments.map((one) => [one.symbol, one])) }
  fixture.prices.set('BTCUSDT', { price: 50_000, ts: START_MS })
  await reconcileVenue(path, { strict: true })
  worker = startQueueWorker({
    queue: path.queue,
    name: 'order',
    clock,
    random: { unit: () => 0.5 },
    log: path.log,
    concurrency: 4,
    leaseMs: 15_000,
    pollEveryMs: 3_600_000,
    maxAttempts: 10,
    handle: (job) => sendOrder(path, job),
  })
})
afterEach(async () => {
  await worker.stop()
  await venue.stop()
  await server.close()
  await fixture.close()
})

/** Lets time pass; all that is due is done. */
async function pass(seconds: number): Promise<void> {
  await worker.idle()
  for (let second = 0; second < seconds; second++) {
    await fixture.clock.advance(1000)
    await worker.idle()
  }
}
const book = async () =>
  (await path.orders.list({ limit: 100 })).map(
    ({ state, reason, filledQuantity }) => `${state} ${reason ?? '-'} ${filledQuantity}`,
  )
const placed = () => server.requests.filter((request) => request.startsWith(PLACE)).length
const agree = async () => {
  expect(await reconcileVenue(path, { strict: true })).toEqual([])
}

it.each([
  ['a cut connection after it was taken', { status: 0, afterwards: true as const }, 0, 1],
  ['503 after it was taken', { status: 503, body: '{"code":-1001,"msg":"Internal error"}', afterwards: true as const }, 0, 1],
  ['the same, and "not found" for 3 s', { status: 0, afterwards: true as const }, 3000, 1],
  ['503 before it was taken', { status: 503, body: '{"code":-1001,"msg":"Internal error"}' }, 0, 2],
  ['429 with Retry-After', { status: 429, retryAfterS: 4 }, 0, 2],
  ['a clock out of step (-1021)', { status: 400, body: '{"code":-1021,"msg":"outside of the recvWindow."}' }, 0, 2],
  [
    'a timeout after it was taken (-1007)',
    { status: 408, body: '{"code":-1007,"msg":"Timeout."}', afterwards: true as const },
    3000,
    1,
  ],
  ['a timeout before it was taken (-1007)', { status: 408, body: '{"code":-1007,"msg":"Timeout."}' }, 0, 2],
  ['a page of HTML after it was taken', { status: 200, body: '<html>portal</html>', afterwards: true as const }, 3000, 1],
  ['an overloaded exchange (-1008)', { status: 503, body: '{"code":-1008,"msg":"Server is currently overloaded."}' }, 0, 2],
  ['too many orders (-1015)', { status: 400, retryAfterS: 2, body: '{"code":-1015,"msg":"Too many new orders."}' }, 0, 2],
  ['a ban of 5 s (418)', { status: 418, retryAfterS: 5, body: '{"code":-1003,"msg":"IP banned."}' }, 0, 2],
])('%s: one order at the exchange, one in our book', async (_what, failure, notFoundForMs, requests) => {
  server.desk.notFoundForMs = notFoundForMs
  server.fail({ ...failure, on: PLACE })
  await planOrders(path, [wish()])
  await pass(20)
  expect(await book()).toEqual(['filled - 0.01'])
  expect(server.desk.orders.map(({ status }) => status)).toEqual(['FILLED'])
  expect(placed()).toBe(requests)
  await agree()
})

it('5xx and cut connections on everything for a while: still one order', async () => {
  server.fail({ status: 0, afterwards: true, on: PLACE })
  server.fail({ status: 502, body: 'bad gateway', on: 'GET /api/v3/order' }, 3)
  server.fail({ status: 0, on: 'GET /api/v3/myTrades' }, 2)
  await planOrders(path, [wish()])
  await pass(40)
  expect([await book(), server.desk.orders.length, placed()]).toEqual([['filled - 0.01'], 1, 1])
  await agree()
})

it('an order that is open and was sent again by mistake of the exchange is refused as a duplicate, and then found', async () => {
  server.desk.fillShare = 0.4
  server.desk.notFoundForMs = 8500
  server.fail({ status: 0, afterwards: true, on: PLACE })
  await planOrders(path, [wish()])
  await pass(12)
  expect(placed()).toBe(2)
  server.desk.trade('BTCUSDT', '50000')
  await pass(12)
  expect([await book(), server.desk.orders.length]).toEqual([['filled - 0.01'], 1])
  await agree()
})

it('fills that are known before the order is acknowledged are booked once', async () => {
  server.fail({ status: 0, afterwards: true, on: PLACE })
  await planOrders(path, [wish()])
  await worker.idle()
  expect(await book()).toEqual(['unknown server_error 0'])
  expect(await reconcileVenue(path, { strict: false })).toEqual([])
  expect(await book()).toEqual(['filled - 0.01'])
  await pass(20)
  expect([await book(), placed()]).toEqual([['filled - 0.01'], 1])
  await agree()
})

it('an order that fills in pieces is booked piece by piece', async () => {
  server.desk.fillShare = 0.4
  await planOrders(path, [wish()])
  await worker.idle()
  expect(await book()).toEqual(['partly_filled - 0.004'])
  server.desk.trade('BTCUSDT', '50000')
  expect(await reconcileVenue(path, { strict: false })).toEqual([])
  expect(await book()).toEqual(['filled - 0.01'])
  await agree()
})

it('what never arrives lapses with its signal', async () => {
  server.fail({ status: 503, body: '{"code":-1001,"msg":"Internal error"}', on: PLACE }, 1000)
  await planOrders(path, [wish({ validUntil: START_MS + 20_000 })])
  await pass(60)
  expect((await book())[0]).toMatch(/^expired (never_arrived|signal_expired) 0$/)
  expect(server.desk.orders).toEqual([])
  await agree()
})

it.each([
  ['more than the account holds', { quantity: '1' }, 'insufficient_funds'],
  ['keys that were taken back', {}, 'unauthorized'],
])('%s: rejected with %s', async (what, change, reason) => {
  if (what.startsWith('keys'))
    server.fail({ status: 401, body: '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}', on: PLACE })
  const counting = { ...DEFAULT_RISK_LIMITS, maxOrderNotional: '100000', maxStrategyNotional: '100000' }
  const limits = async () => ({ limits: counting, unreadable: [] })
  path = { ...path, limits }
  await planOrders(path, [wish({ capital: '100000', ...change })])
  await pass(2)
  expect(await book()).toEqual([`rejected ${reason} 0`])
  await agree()
})

it('Retry-After is waited for', async () => {
  server.fail({ status: 429, retryAfterS: 9, on: PLACE })
  await planOrders(path, [wish()])
  await pass(8)
  expect(placed()).toBe(1)
  await pass(2)
  expect(placed()).toBe(2)
})

it('a refusal ends the order with its reason', async () => {
  server.fail({ status: 400, body: '{"code":-1013,"msg":"Filter failure: NOTIONAL"}', on: PLACE })
  await planOrders(path, [wish()])
  await pass(2)
  expect(await book()).toEqual(['rejected invalid_order 0'])
  expect(server.desk.orders).toEqual([])
  await agree()
})

it('an entry whose fee is taken in the base asset can be closed, and what is left is dust', async () => {
  await planOrders(path, [wish()])
  await pass(2)
  const [position] = await path.positions.open()
  expect(position?.quantity).toBe('0.00999')
  await planOrders(path, [wish({ side: 'sell', purpose: 'exit', quantity: '0.00999', candleTs: START_MS, moment: START_MS })])
  await pass(2)
  expect(await path.positions.open()).toEqual([])
  await agree()
})

it('halts when the account holds what our book cannot explain, until it is recorded as a deposit', async () => {
  server.desk.deposit('USDT', '123.45')
  expect(await reconcileVenue(path, { strict: true })).toEqual(['the venue holds 10123.45 USDT, our book 10000'])
  await planOrders(path, [wish()])
  await pass(2)
  expect(await book()).toEqual(['cancelled venue_halted 0'])
  await path.venues.addFlow(path.db, path.venue.name, new Map([['USDT', new Decimal('123.45')]]), START_MS)
  await agree()
  await planOrders(path, [wish({ candleTs: START_MS, moment: START_MS })])
  await pass(2)
  expect(await book()).toContain('filled - 0.01')
})
