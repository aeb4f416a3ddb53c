import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_KEY, API_SECRET } from '../../../../test/binance/order-desk.ts'
import { startBinanceServer, type BinanceServer } from '../../../../test/binance/binance-server.ts'
import { ManualClock } from '../clock.ts'
import { openCcxtVenue, type CcxtVenue } from './ccxt-venue.ts'
import { VenueError } from './venue.ts'

const FIXTURES = fileURLToPath(new URL('../../../../../shared/data/fixtures/', import.meta.url))
const CODES = `${FIXTURES}binance-spot-api-docs/error_codes.json`
interface Documented {
  codes: { code: number; name: string; messages: string[] }[]
  matching_engine_messages: { msg: string }[]
}
const documented = existsSync(CODES) ? (JSON.parse(readFileSync(CODES, 'utf8')) as Documented) : null

let server: BinanceServer
let venue: CcxtVenue
let clock: ManualClock
beforeAll(async () => {
  clock = new ManualClock(1_700_000_000_000)
  server = await startBinanceServer({ nowMs: () => clock.nowMs(), symbols: ['LTCUSDT'] })
  server.desk.trade('LTCUSDT', '100')
  const keys = { apiKey: API_KEY, secret: API_SECRET }
  venue = await openCcxtVenue({ exchange: 'binance', keys, live: false, baseUrl: server.origin, clock })
})
afterAll(async () => {
  await venue.stop()
  await server.close()
})

/** What an order that is answered like this comes to. */
async function meaning(status: number, code: number, msg: string): Promise<string> {
  server.fail({ status, body: JSON.stringify({ code, msg }), on: 'POST /api/v3/order' })
  const order = { clientOrderId: 'sp-1', symbol: 'LTCUSDT', side: 'buy', quantity: '1', price: null } as const
  const error: unknown = await venue
    .place({ ...order, signedAtMs: clock.nowMs(), receiveWindowMs: 5000 })
    .catch((one: unknown) => one)
  return error instanceof VenueError ? `${error.kind} ${error.code}` : `no error: ${String(error)}`
}

describe.skipIf(documented === null)('every documented error of the exchange (skipped without ../shared/data)', () => {
  const { codes = [], matching_engine_messages: messages = [] } = documented ?? {}
  // The exchange does not know itself what became of the order, or speaks of its own state: asked for, never sent again blindly.
  const unknown = new Set([-1000, -1001, -1006, -1007, -1008, -1033, -1034, -1035, -1112])
  // It did not take the request: sent again later, without asking.
  const unavailable = new Map([
    [-1003, 'rate_limited'],
    [-1015, 'rate_limited'],
    [-1021, 'clock_skew'],
  ])

  it('is a refusal, a wait or a doubt, and a doubt whenever the order may have been taken', async () => {
    expect(codes.length).toBeGreaterThan(100)
    for (const { code, name, messages: texts } of codes)
      for (const text of texts) {
        const told = await meaning(code === -1003 ? 429 : 400, code, text)
        const what = `${code} ${name}: ${text}`
        if (unknown.has(code)) expect(told, what).toMatch(/^unknown /)
        else if (unavailable.has(code)) expect(told, what).toBe(`unavailable ${unavailable.get(code)}`)
        else expect(told, what).toMatch(/^refused \w+$/)
      }
  })

  it('of the matching engine ends the order, with a word of its own for what a person would look for', async () => {
    expect(messages.length).toBeGreaterThan(30)
    const words: Record<string, string> = {
      'Duplicate order sent.': 'duplicate_order',
      'Account has insufficient balance for requested action.': 'insufficient_funds',
      'Market is closed.': 'market_closed',
      'This action is disabled on this account.': 'unauthorized',
      'Rest API trading is not enabled.': 'unauthorized',
    }
    for (const { msg } of messages) {
      const word = words[msg] ?? (/account/i.test(msg) ? '(unauthorized|invalid_order)' : 'invalid_order')
      expect(await meaning(400, -2010, msg), msg).toMatch(new RegExp(`^refused ${word}$`))
    }
  })
})

it.each([500, 502, 503, 504])('%i without a code may have taken the order, whatever it says', async (status) => {
  for (const msg of ['Unknown error, please check your request or try again later.', 'Service Unavailable.'])
    expect(await meaning(status, 0, msg)).toMatch(/^unknown /)
  server.fail({ status, body: '<html><h1>Bad gateway</h1></html>', on: 'POST /api/v3/order' })
  const order = { clientOrderId: 'sp-1', symbol: 'LTCUSDT', side: 'buy', quantity: '1', price: null } as const
  await expect(venue.place({ ...order, signedAtMs: clock.nowMs(), receiveWindowMs: 5000 })).rejects.toMatchObject({
    kind: 'unknown',
  })
})

it('a ban waits for as long as it says', async () => {
  server.fail({
    status: 418,
    retryAfterS: 120,
    body: '{"code":-1003,"msg":"Way too much request weight used; IP banned."}',
    on: 'POST',
  })
  const order = { clientOrderId: 'sp-1', symbol: 'LTCUSDT', side: 'buy', quantity: '1', price: null } as const
  await expect(venue.place({ ...order, signedAtMs: clock.nowMs(), receiveWindowMs: 5000 })).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'rate_limited',
    retryAfterMs: 120_000,
  })
})
