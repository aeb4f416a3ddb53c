import { afterEach, beforeEach, expect, it } from 'vitest'
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
})
