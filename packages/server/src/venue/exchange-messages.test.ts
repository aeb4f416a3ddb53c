import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { API_KEY, API_SECRET } from '../../../../test/binance/order-desk.ts'
import { startBinanceServer, type BinanceServer } from '../../../../test/binance/binance-server.ts'
import { ManualClock } from '../clock.ts'
import { openCcxtVenue, type CcxtVenue } from './ccxt-venue.ts'

// The server of these tests is ours: what the exchange documents and what was recorded of it must be read as well.
const FIXTURES = fileURLToPath(new URL('../../../../../shared/data/fixtures/', import.meta.url))
const EXAMPLES = `${FIXTURES}binance-spot-api-docs/examples/`
const RECORDED = `${FIXTURES}ccxt/`
const documented = (name: string): unknown => JSON.parse(readFileSync(`${EXAMPLES}${name}.json`, 'utf8'))
const REQUEST = { symbol: 'BTCUSDT', side: 'sell', quantity: '10', price: null, receiveWindowMs: 5000 } as const

let server: BinanceServer
let venue: CcxtVenue
const clock = new ManualClock(1_700_000_000_000)
async function open(): Promise<void> {
  server = await startBinanceServer({ nowMs: () => clock.nowMs(), symbols: ['BTCUSDT', 'LTCBTC', 'BNBBTC'] })
  const keys = { apiKey: API_KEY, secret: API_SECRET }
  venue = await openCcxtVenue({ exchange: 'binance', keys, live: false, baseUrl: server.origin, clock })
}
afterEach(async () => {
  await venue.stop()
  await server.close()
})
/** The next request of this route is answered so. */
const answer = (on: string, body: unknown) => server.fail({ status: 200, body: JSON.stringify(body), on })

describe.skipIf(!existsSync(EXAMPLES))('messages of the exchange (skipped without ../shared/data)', () => {
  it('documented as the answer to a market order: ACK, RESULT and FULL', async () => {
    await open()
    for (const [name, state, filled] of [
      // An ACK says no state: the order is there, and is asked for.
      ['rest_api__new_order_trade__1', 'open', '0'],
      ['rest_api__new_order_trade__2', 'filled', '10'],
      ['rest_api__new_order_trade__3', 'filled', '10'],
    ] as const) {
      answer('POST /api/v3/order', documented(name))
      const placed = await venue.place({ ...REQUEST, clientOrderId: '6gCrw2kRUAF9CvJDGP16IP', signedAtMs: clock.nowMs() })
      expect(placed, name).toMatchObject({
        venueOrderId: '28',
        state,
        filledQuantity: filled,
        clientOrderId: '6gCrw2kRUAF9CvJDGP16IP',
      })
    }
  })

  it('documented for one order, and for those that are open', async () => {
    await open()
    answer('GET /api/v3/order', documented('rest_api__query_order_user_data__1'))
    expect(await venue.order('LTCBTC', 'myOrder1')).toMatchObject({
      venueOrderId: '1',
      state: 'open',
      quantity: '1',
      side: 'buy',
    })
    answer('GET /api/v3/openOrders', documented('rest_api__current_open_orders_user_data__1'))
    expect(await venue.openOrders(['LTCBTC'])).toMatchObject([{ clientOrderId: 'myOrder1', quantity: '1', filledQuantity: '0' }])
  })

  it('documented for trades, with a fee in a third asset', async () => {
    await open()
    const trades = documented('rest_api__account_trade_list_user_data__1') as { symbol: string; orderId: number; id: number }[]
    answer('GET /api/v3/myTrades', trades)
    answer('GET /api/v3/order', {
      ...(documented('rest_api__query_order_user_data__1') as object),
      symbol: 'BNBBTC',
      orderId: 100234,
    })
    expect(await venue.fills('BNBBTC', 0)).toEqual([
      {
        fillId: '28457',
        clientOrderId: 'myOrder1',
        venueOrderId: '100234',
        symbol: 'BNBBTC',
        side: 'buy',
        quantity: '12',
        price: '4.000001',
        fee: '10.1',
        feeAsset: 'BNB',
        ts: 1_499_865_549_590,
      },
    ])
  })

  it('documented for the account', async () => {
    await open()
    answer('GET /api/v3/account', documented('rest_api__account_information_user_data__1'))
    expect(await venue.balances()).toEqual(
      expect.arrayContaining([
        { asset: 'BTC', free: '4723846.89208129', locked: '0' },
        { asset: 'LTC', free: '4763368.68006011', locked: '0' },
      ]),
    )
  })

  it('recorded as the answer to an order', async () => {
    await open()
    const { httpResponse } = JSON.parse(readFileSync(`${RECORDED}spot_createOrder_response.json`, 'utf8')) as {
      httpResponse: unknown
    }
    answer('POST /api/v3/order', httpResponse)
    const placed = await venue.place({ ...REQUEST, clientOrderId: 'sp-1', signedAtMs: clock.nowMs() })
    expect(placed).toMatchObject({ venueOrderId: '9780331417', quantity: '0.05', filledQuantity: '0', state: 'open' })
  })

  it('listing BTCUSDT give the form of its market orders', async () => {
    await open()
    const [listed] = await venue.instruments(['BTCUSDT'])
    expect(listed).toEqual({
      symbol: 'BTCUSDT',
      base: 'BTC',
      quote: 'USDT',
      tickSize: '0.01',
      lotSize: '0.00001',
      minQuantity: '0.00001',
      // Of MARKET_LOT_SIZE, 128.52621715, in whole lots.
      maxQuantity: '128.52621',
      // 5, and room for the price to move.
      minNotional: '5.25',
    })
  })
})
