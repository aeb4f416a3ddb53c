import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Stream } from '../../packages/core/src/market/candle.ts'
import { startBinanceServer, type BinanceServer } from './binance-server.ts'
import { klineEvent, klineRow } from './kline-book.ts'

const fixtures = fileURLToPath(new URL('../../../shared/data/fixtures/', import.meta.url))
const btc: Stream = { symbol: 'BTCUSDT', tf: '1h' }
const candle = { ts: 3_600_000, o: 10, h: 12, l: 9, c: 11, v: 5 }

describe('the local Binance', () => {
  let server: BinanceServer
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(server.origin + path)
    return { status: response.status, body: await response.json() }
  }
  beforeAll(async () => {
    server = await startBinanceServer({ nowMs: () => 1234 })
  })
  afterAll(() => server.close())

  it('answers ping, time and exchangeInfo', async () => {
    expect(await get('/api/v3/ping')).toEqual({ status: 200, body: {} })
    expect(await get('/api.binance.com/api/v3/time')).toEqual({ status: 200, body: { serverTime: 1234 } })
    expect((await get('/api/v3/exchangeInfo')).body).toMatchObject({
      symbols: [{ symbol: 'BTCUSDT', baseAssetPrecision: 8 }, { symbol: 'ETHUSDT' }],
    })
  })

  it('refuses bad kline requests with the codes of the exchange', async () => {
    const codes = ['interval=1h', 'symbol=BTCUSDT', 'symbol=XUSDT&interval=1h', 'symbol=BTCUSDT&interval=7m'].map(
      async (query) => {
        const { status, body } = await get(`/api/v3/klines?${query}`)
        return [status, (body as { code: number }).code]
      },
    )
    expect(await Promise.all(codes)).toEqual([
      [400, -1102],
      [400, -1102],
      [400, -1121],
      [400, -1120],
    ])
  })

  it.skipIf(!existsSync(fixtures))('serves the recorded klines by time and limit, and frames of the recorded shape', async () => {
    server.book.loadRecorded()
    const { body } = await get('/api/v3/klines?symbol=BTCUSDT&interval=1h&startTime=1583024400000&limit=2')
    expect((body as unknown[][]).map((row) => [row[0], row[1], row.length])).toEqual([
      [1583024400000, '8546.65000000', 12],
      [1583028000000, '8640.23000000', 12],
    ])
    const newest = (await get('/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1')).body as unknown[][]
    expect(newest[0]?.[0]).toBe(1622502000000)
    const [recorded] = JSON.parse(readFileSync(`${fixtures}ws_kline_frames/frames.json`, 'utf8')) as {
      frame: { data: { k: object } }
    }[]
    const made = klineEvent(btc, klineRow(candle, btc), false, 1)
    expect(Object.keys(made)).toEqual(Object.keys(recorded?.frame.data ?? {}))
    expect(Object.keys(made['k'] as object).sort()).toEqual(Object.keys(recorded?.frame.data.k ?? {}).sort())
  })

  it('sends events to those who subscribed, plain on /ws and wrapped on /stream', async () => {
    const received: Record<string, unknown[]> = { ws: [], stream: [] }
    const open = (path: string, into: unknown[]): Promise<WebSocket> =>
      new Promise((resolve) => {
        const socket = new WebSocket(server.origin.replace('http', 'ws') + path)
        socket.on('message', (data: Buffer) => into.push(JSON.parse(data.toString())))
        socket.on('open', () => resolve(socket))
      })
    const plain = await open('/ws/0', received['ws'] ?? [])
    const combined = await open('/stream?streams=btcusdt@kline_1h', received['stream'] ?? [])
    expect(server.push(btc, candle, true)).toBe(1)
    plain.send(JSON.stringify({ method: 'SUBSCRIBE', params: ['btcusdt@kline_1h'], id: 7 }))
    await server.streams.until(() => server.push(btc, candle, true) === 2)
    const closing = Promise.all([plain, combined].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    plain.close()
    combined.close()
    await closing
    expect(received['ws']?.[0]).toEqual({ result: null, id: 7 })
    expect(received['ws']?.at(-1)).toMatchObject({ e: 'kline', s: 'BTCUSDT', k: { x: true, c: '11.00000000' } })
    expect(received['stream']?.at(-1)).toMatchObject({ stream: 'btcusdt@kline_1h', data: { e: 'kline' } })
  })

  it('fails as told, once each', async () => {
    server.fail({ status: 429, retryAfterS: 3 })
    const limited = await fetch(`${server.origin}/api/v3/ping`)
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
    expect((await get('/api/v3/ping')).status).toBe(200)
  })
})
