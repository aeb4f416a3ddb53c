import { describe, expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { API_KEY, API_SECRET } from '../../../../test/binance/order-desk.ts'
import { startBinanceServer, type BinanceServer } from '../../../../test/binance/binance-server.ts'
import { ManualClock } from '../clock.ts'
import { openCcxtVenue, type CcxtVenue } from './ccxt-venue.ts'
import { testVenue, type VenueUnderTest } from './venue-contract.ts'
import { VenueError, type VenueFill, type VenueOrder, type VenueOrderRequest } from './venue.ts'

interface CcxtUnderTest extends VenueUnderTest {
  venue: CcxtVenue
  server: BinanceServer
  clock: ManualClock
}

async function open({ skewMs = 0, keys = { apiKey: API_KEY, secret: API_SECRET } } = {}): Promise<CcxtUnderTest> {
  const clock = new ManualClock(1_700_000_000_000)
  const server = await startBinanceServer({ nowMs: () => clock.nowMs() + skewMs, symbols: ['LTCUSDT', 'BTCUSDT'] })
  const venue = await openCcxtVenue({ exchange: 'binance', keys, live: false, baseUrl: server.origin, clock })
  const pushed = { fills: [] as VenueFill[], orders: [] as VenueOrder[] }
  await venue.start({
    onFill: (fill) => void pushed.fills.push(fill),
    onOrder: (order) => void pushed.orders.push(order),
    onWarning: () => {},
  })
  return {
    venue,
    server,
    clock,
    symbol: 'LTCUSDT',
    pushed,
    trade: (price) => Promise.resolve(server.desk.trade('LTCUSDT', price)),
    settle: () => venue.look(),
    async close() {
      await venue.stop()
      await server.close()
    },
  }
}

testVenue('ccxt:binance', () => open())

describe('ccxt:binance', () => {
  const request = (clock: ManualClock, change: Partial<VenueOrderRequest> = {}): VenueOrderRequest => ({
    clientOrderId: 'sp-1',
    symbol: 'LTCUSDT',
    side: 'buy',
    quantity: '1',
    price: null,
    signedAtMs: clock.nowMs(),
    receiveWindowMs: 5000,
    ...change,
  })
  const failure = async (work: Promise<unknown>): Promise<VenueError> => {
    const error = await work.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(VenueError)
    return error as VenueError
  }
  const placing = async (under: CcxtUnderTest) => {
    await under.trade('100')
    return under.venue.place(request(under.clock))
  }

  it.each([
    ['503', { status: 503, body: '{"code":-1001,"msg":"Internal error"}' }, 'unknown server_error 0'],
    ['-1006', { status: 400, body: '{"code":-1006,"msg":"Execution status unknown."}' }, 'unknown server_error 0'],
    ['-1007', { status: 408, body: '{"code":-1007,"msg":"Timeout waiting for response."}' }, 'unknown timeout 0'],
    ['a cut connection', { status: 0 }, 'unknown server_error 0'],
    ['HTML in between', { status: 200, body: '<html>portal</html>' }, 'unknown server_error 0'],
    ['429 with Retry-After', { status: 429, retryAfterS: 7 }, 'unavailable rate_limited 7000'],
    ['-1015', { status: 400, body: '{"code":-1015,"msg":"Too many new orders."}' }, 'unavailable rate_limited 60000'],
    ['-1021', { status: 400, body: '{"code":-1021,"msg":"outside of the recvWindow."}' }, 'unavailable clock_skew 0'],
    ['-1013', { status: 400, body: '{"code":-1013,"msg":"Filter failure: LOT_SIZE"}' }, 'refused invalid_order 0'],
    ['-2015', { status: 401, body: '{"code":-2015,"msg":"Invalid API-key."}' }, 'refused unauthorized 0'],
  ])('%s on an order is told as what it means', async (_what, answer, expected) => {
    const under = await open()
    await under.trade('100')
    under.server.fail({ ...answer, on: 'POST /api/v3/order' })
    const { kind, code, retryAfterMs } = await failure(under.venue.place(request(under.clock)))
    expect(`${kind} ${code} ${retryAfterMs}`).toBe(expected)
    await under.close()
  })

  it('an order that was taken while its answer was lost is found by its id, with its fill', async () => {
    const under = await open()
    await under.trade('100')
    under.server.fail({ status: 0, afterwards: true, on: 'POST /api/v3/order' })
    expect((await failure(under.venue.place(request(under.clock)))).kind).toBe('unknown')
    expect(await under.venue.order('LTCUSDT', 'sp-1')).toMatchObject({ state: 'filled', filledQuantity: '1' })
    expect((await under.venue.fills('LTCUSDT', 0)).map(({ clientOrderId }) => clientOrderId)).toEqual(['sp-1'])
    await under.close()
  })

  it('an id is free again at the exchange once its order has ended: nothing but asking stands before a second order', async () => {
    const under = await open()
    await placing(under)
    await under.venue.place(request(under.clock))
    expect(under.server.desk.orders.map(({ clientOrderId, status }) => `${clientOrderId} ${status}`)).toEqual([
      'sp-1 FILLED',
      'sp-1 FILLED',
    ])
    await under.close()
  })

  it('what was allowed too long ago the exchange refuses, however late it is sent', async () => {
    const under = await open()
    await under.trade('100')
    const late = request(under.clock, { signedAtMs: under.clock.nowMs() - 5001 })
    expect(await failure(under.venue.place(late))).toMatchObject({ kind: 'unavailable', code: 'clock_skew' })
    expect(under.server.desk.orders).toEqual([])
    await under.close()
  })

  it("keeps to the exchange's clock, also after that clock has stepped", async () => {
    const under = await open({ skewMs: 90_000 })
    expect(await placing(under)).toMatchObject({ state: 'filled' })
    expect((await under.venue.fills('LTCUSDT', under.clock.nowMs() - 1000))[0]?.ts).toBe(under.clock.nowMs())
    await under.close()
  })

  it('takes the commission of a buy in what was bought, and pages through more fills than fit one answer', async () => {
    const under = await open()
    await placing(under)
    const [fill] = await under.venue.fills('LTCUSDT', 0)
    expect(fill).toMatchObject({ feeAsset: 'LTC', fee: '0.001', quantity: '1', price: '100' })
    for (let at = 0; at < 1002; at++)
      await under.venue.place(request(under.clock, { clientOrderId: `sp-x${at}`, quantity: '0.06' }))
    const fills = await under.venue.fills('LTCUSDT', 0)
    expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(1003)
    await under.close()
  })

  it('partial fills are told as they come, each once', async () => {
    const under = await open()
    under.server.desk.fillShare = 0.4
    expect(await placing(under)).toMatchObject({ state: 'partly_filled', filledQuantity: '0.4' })
    await under.venue.look()
    await under.trade('101')
    await under.venue.look()
    const ids = new Set(under.pushed.fills.map(({ fillId }) => fillId))
    expect(ids.size).toBe(2)
    expect(under.pushed.orders.at(-1)).toMatchObject({ state: 'filled', filledQuantity: '1' })
    expect(new Decimal((await under.venue.balances()).find(({ asset }) => asset === 'LTC')?.free ?? 0).toString()).toBe('0.999')
    await under.close()
  })

  it('keys that the exchange does not know are refused, and never repeated in a message', async () => {
    const keys = { apiKey: 'canary-key-1234567890', secret: 'canary-secret-1234567890' }
    const under = await open({ keys })
    const body = JSON.stringify({ code: -2015, msg: `Invalid API-key ${keys.apiKey} with ${keys.secret}` })
    under.server.fail({ status: 401, body, on: 'GET /api/v3/account' })
    const error = await failure(under.venue.balances())
    expect(error).toMatchObject({ kind: 'refused', code: 'unauthorized' })
    expect(`${error.message} ${String(error.cause)}`).not.toMatch(/canary/)
    await under.close()
  })
})
