import { setImmediate } from 'node:timers/promises'
import type { Candle, Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startBinanceServer, streamOf, type BinanceServer } from '../../../../test/binance/binance-server.ts'
import { ManualClock } from '../clock.ts'
import { CcxtFeed } from './ccxt-feed.ts'
import { testFeedContract } from './feed-contract.ts'
import type { CandleMessage, FeedWarning } from './feed.ts'
import { SimulatedMarket } from './simulated-market.ts'

const MINUTE = 60_000
/** Ten seconds into a minute. */
const START = Date.UTC(2026, 0, 1, 10, 57, 10)
const OPEN = START - 10_000
const btc: Stream = { symbol: 'BTCUSDT', tf: '1m' }
const eth: Stream = { symbol: 'ETHUSDT', tf: '5m' }
const market = new SimulatedMarket()

/** Lets real sockets work, not time: the clock stands still meanwhile. The test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

async function openServer(clock: ManualClock, streams: readonly Stream[]): Promise<BinanceServer> {
  const server = await startBinanceServer({ nowMs: () => clock.nowMs() })
  for (const stream of streams) server.book.putCandles(stream, market.candlesBefore(stream, 400, START, START))
  return server
}

/** The exchange's life until `toMs`: every candle of the stream that ends by then, and the beginning of the next. */
function trade(server: BinanceServer, stream: Stream, fromMs: number, toMs: number): void {
  const lengthMs = timeframeMs(stream.tf)
  for (let openMs = fromMs; openMs + lengthMs <= toMs; openMs += lengthMs) {
    server.push(stream, { ...candle(stream, openMs), v: 0.5 }, false)
    server.push(stream, candle(stream, openMs), true)
  }
  const openMs = Math.floor(toMs / lengthMs) * lengthMs
  server.push(stream, { ...candle(stream, openMs), v: 0.25 }, false)
}

const candle = (stream: Stream, openMs: number): Candle => market.candle(stream, openMs) as Candle

/** Counts what is waited for. */
class CountingClock extends ManualClock {
  waits = 0
  cancelled = 0
  override after(delayMs: number, callback: () => void): () => void {
    this.waits++
    const cancel = super.after(delayMs, callback)
    return () => {
      this.cancelled++
      cancel()
    }
  }
}

testFeedContract('the ccxt feed', async () => {
  const clock = new ManualClock(START)
  const streams = [btc, eth]
  const server = await openServer(clock, streams)
  const feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin, silentMs: 60 * MINUTE })
  return {
    feed,
    streams,
    async closeCandles(messages) {
      const toMs = START + 11 * MINUTE
      await clock.advance(toMs - clock.nowMs())
      for (const stream of streams) {
        const lengthMs = timeframeMs(stream.tf)
        trade(server, stream, Math.floor(START / lengthMs) * lengthMs, toMs)
      }
      if (server.streams.connections > 0)
        await until(() => streams.every((stream) => messages.filter((one) => one.closed && one.stream === stream).length >= 2))
    },
    close: () => server.close(),
  }
})

describe('ccxt feed', () => {
  let clock: CountingClock
  let server: BinanceServer
  let feed: CcxtFeed
  let messages: CandleMessage[]
  let warnings: FeedWarning[]
  const listener = {
    onCandle: (message: CandleMessage) => void messages.push(message),
    onWarning: (warning: FeedWarning) => void warnings.push(warning),
  }
  const closed = (): Candle[] => messages.filter((message) => message.closed).map((message) => message.candle)
  const codes = (): string[] => warnings.map((warning) => warning.code)
  const subscribed = (): Promise<void> => server.streams.until(() => server.streams.isSubscribed(streamOf(btc)))

  beforeEach(async () => {
    messages = []
    warnings = []
    clock = new CountingClock(START)
    server = await openServer(clock, [btc])
    feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin })
  })
  afterEach(async () => {
    await feed.stop()
    await server.close()
  })

  it('sends what the exchange sent: forming, then closed by the next candle', async () => {
    await feed.start([btc], listener)
    server.push(btc, { ...candle(btc, OPEN), v: 0.5 }, false)
    await until(() => messages.length === 1)
    server.push(btc, candle(btc, OPEN), true)
    await until(() => messages.length === 2)
    server.push(btc, candle(btc, OPEN + MINUTE), false)
    await until(() => messages.length === 4)
    expect(messages.map(({ candle: one, closed: done }) => [one.ts, one.v, done])).toEqual([
      [OPEN, 0.5, false],
      [OPEN, candle(btc, OPEN).v, false],
      [OPEN, candle(btc, OPEN).v, true],
      [OPEN + MINUTE, candle(btc, OPEN + MINUTE).v, false],
    ])
    expect(warnings).toEqual([])
  })

  it('confirms a candle by REST two seconds after its end when no next one comes', async () => {
    feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin, silentMs: 100_000 })
    await feed.start([btc], listener)
    server.push(btc, { ...candle(btc, OPEN), v: 0.5 }, false)
    await until(() => messages.length === 1)
    server.book.putCandles(btc, [candle(btc, OPEN)])
    await clock.advance(51_999)
    expect(closed()).toEqual([])
    await clock.advance(1)
    await until(() => closed().length === 1)
    expect(closed()).toEqual([candle(btc, OPEN)])
    // The exchange's own last word on it, which comes late, is not sent again.
    server.push(btc, candle(btc, OPEN), true)
    server.push(btc, candle(btc, OPEN + MINUTE), false)
    await until(() => messages.length === 3)
    expect([closed().length, warnings]).toEqual([1, []])
  })

  it('fetches in order, once, what closed while the connection was lost', async () => {
    await feed.start([btc], listener)
    server.push(btc, { ...candle(btc, OPEN), v: 0.5 }, false)
    await until(() => messages.length === 1)
    server.streams.drop()
    await until(() => codes().includes('feed_disconnected'))
    trade(server, btc, OPEN, OPEN + 4 * MINUTE)
    // As after a sleep of the machine: the clock is right again once it was measured.
    clock.step(4 * MINUTE)
    await clock.advance(500)
    await until(() => feed.nowMs() > START + 4 * MINUTE)
    server.push(btc, candle(btc, OPEN + 4 * MINUTE), false)
    await until(() => closed().length === 4)
    expect(closed()).toEqual([0, 1, 2, 3].map((index) => candle(btc, OPEN + index * MINUTE)))
    expect(codes()).toEqual(['feed_disconnected', 'feed_reconnected'])
  })

  it('tears down a socket that went silent and subscribes again', async () => {
    await feed.start([btc], listener)
    server.streams.setSilent(true)
    await clock.advance(19_000)
    expect(codes()).toEqual([])
    await clock.advance(2000)
    await until(() => codes().length === 1)
    expect(warnings[0]?.message).toContain('no message for 20000 ms')
    server.streams.setSilent(false)
    await until(() => server.streams.connections === 0)
    await setImmediate()
    await clock.advance(1000)
    await subscribed()
    server.push(btc, candle(btc, OPEN), false)
    await until(() => messages.length === 1)
    expect(codes()).toEqual(['feed_disconnected', 'feed_reconnected'])
  })

  it('waits longer after each refused connection', async () => {
    await feed.start([btc], listener)
    server.refuseSockets(true)
    server.streams.drop()
    await until(() => codes().includes('feed_disconnected'))
    let refused = 0
    for (const waitMs of [375, 750, 1500, 3000]) {
      await setImmediate()
      await clock.advance(waitMs - 1)
      expect(server.refusedSockets()).toBe(refused)
      await clock.advance(1)
      refused++
      await until(() => server.refusedSockets() === refused)
      // The refusal has to come back before the next wait begins.
      for (let turn = 0; turn < 50; turn++) await setImmediate()
    }
    expect(codes()).toEqual(['feed_disconnected'])
  })

  it('drops and reports bad messages and lives on', async () => {
    await feed.start([btc], listener)
    const bad = [
      () => server.streams.sendText('garbage{'),
      () => server.streams.sendText('{"e":"kline","k":'),
      () => server.push(btc, { ...candle(btc, OPEN), h: Number.NaN }, false),
      () => server.push(btc, { ...candle(btc, OPEN), h: 1 }, false),
      () => server.push(btc, candle(btc, OPEN - MINUTE), true),
      () => server.push(btc, { ...candle(btc, OPEN), ts: OPEN + 1 }, false),
      () => server.push(btc, { ...candle(btc, OPEN), ts: OPEN + 60 * MINUTE }, false),
      () => server.streams.send(streamOf(btc), { e: 'kline', E: 1, s: 'ETHUSDT', k: { t: OPEN, s: 'ETHUSDT', i: '1m', o: '1' } }),
    ]
    for (const [index, send] of bad.entries()) {
      send()
      await until(() => warnings.length === index + 1)
    }
    expect(new Set(codes())).toEqual(new Set(['feed_bad_message']))
    expect(messages).toEqual([])
    server.push(btc, candle(btc, OPEN), false)
    await until(() => messages.length === 1)
  })

  it('does not trust what it has of a candle after a message was lost: it asks', async () => {
    await feed.start([btc], listener)
    server.push(btc, { ...candle(btc, OPEN), v: 0.5 }, false)
    await until(() => messages.length === 1)
    server.streams.sendText('garbage')
    await until(() => warnings.length === 1)
    server.book.putCandles(btc, [candle(btc, OPEN)])
    server.push(btc, candle(btc, OPEN + MINUTE), false)
    await until(() => closed().length === 1)
    expect(closed()).toEqual([candle(btc, OPEN)])
  })

  it('asks nothing for as long as the exchange said after a 429, and says so', async () => {
    await feed.start([btc], listener)
    server.fail({ status: 429, retryAfterS: 7 })
    await expect(feed.backfill(btc, 5, START)).rejects.toMatchObject({ code: 'feed_unavailable', retryAfterMs: 7000 })
    const asked = server.requests.length
    await expect(feed.backfill(btc, 5, START)).rejects.toMatchObject({ retryAfterMs: 7000 })
    await clock.advance(6999)
    await expect(feed.backfill(btc, 5, START)).rejects.toMatchObject({ retryAfterMs: 1 })
    expect(server.requests).toHaveLength(asked)
    await clock.advance(1)
    expect(await feed.backfill(btc, 5, START)).toHaveLength(5)
    expect(codes()).toEqual(['feed_rate_limited'])
  })

  it('rejects a backfill that fails with FeedError and answers the next one', async () => {
    for (const failure of [{ status: 503, body: 'down' }, { status: 200, body: '<html>' }, { status: 418 }]) {
      server.fail(failure)
      await expect(feed.backfill(btc, 5, START)).rejects.toMatchObject({ code: 'feed_unavailable' })
      await clock.advance(60_000)
      clock.step(-60_000)
      expect(await feed.backfill(btc, 5, START)).toHaveLength(5)
    }
  })

  it('looks further back when the exchange has no candle for part of the time', async () => {
    const other: Stream = { symbol: 'ETHUSDT', tf: '1m' }
    const candles = market.candlesBefore(other, 40, START, START)
    server.book.putCandles(other, [...candles.slice(0, 20), ...candles.slice(30)])
    expect(await feed.backfill(other, 20, START)).toEqual([...candles.slice(10, 20), ...candles.slice(30)])
  })

  it('names an exchange or symbol that does not exist', async () => {
    await expect(feed.backfill({ symbol: 'NOPEUSDT', tf: '1m' }, 1, START)).rejects.toThrow('no spot market NOPEUSDT')
    await expect(feed.start([{ symbol: 'NOPEUSDT', tf: '1m' }], listener)).rejects.toThrow('no spot market NOPEUSDT')
    const nowhere = new CcxtFeed({ exchange: 'nowhere', clock, unit: () => 0 })
    await expect(nowhere.backfill(btc, 1, START)).rejects.toThrow('no exchange "nowhere"')
  })
  it('starts while the exchange allows no request, and opens when it does', async () => {
    server.fail({ status: 429, retryAfterS: 7 })
    await feed.start([btc], listener)
    expect(codes()).toEqual(['feed_rate_limited', 'feed_disconnected'])
    await clock.advance(6999)
    expect(server.requests).toHaveLength(1)
    await clock.advance(1)
    await subscribed()
    server.push(btc, candle(btc, OPEN), false)
    await until(() => messages.length === 1)
    expect(codes()).toEqual(['feed_rate_limited', 'feed_disconnected', 'feed_reconnected'])
  })

  it('knows at its start what a backfill was told', async () => {
    server.fail({ status: 418, retryAfterS: 30 })
    await expect(feed.backfill(btc, 5, START)).rejects.toMatchObject({ retryAfterMs: 30_000 })
    await feed.start([btc], listener)
    await clock.advance(29_999)
    expect(server.requests).toHaveLength(1)
    await clock.advance(1)
    await subscribed()
  })

  it('starts while the exchange is away, tries again ever later, and fetches what closed meanwhile', async () => {
    feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin, silentMs: 60 * MINUTE })
    const failures = [
      { status: 503, body: 'down' },
      { status: 500, body: 'oops' },
      { status: 200, body: '<html>' },
    ]
    for (const failure of failures) server.fail(failure)
    await feed.start([btc], listener)
    for (const [index, waitMs] of [375, 750].entries()) {
      await until(() => clock.waits === index + 1)
      await clock.advance(waitMs - 1)
      expect(server.requests).toHaveLength(index + 1)
      await clock.advance(1)
      await until(() => server.requests.length === index + 2)
    }
    await until(() => clock.waits === 3)
    trade(server, btc, OPEN, OPEN + 2 * MINUTE)
    await clock.advance(2 * MINUTE)
    await subscribed()
    await clock.advance(1)
    await until(() => closed().length === 2)
    expect(closed()).toEqual([candle(btc, OPEN), candle(btc, OPEN + MINUTE)])
    expect(codes().filter((code) => code === 'feed_disconnected')).toHaveLength(1)
  })

  it('starts without a network, and asks no more once it is stopped', async () => {
    await server.close()
    await feed.start([btc], listener)
    expect(codes()).toEqual(['feed_disconnected'])
    server = await openServer(clock, [btc])
    feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin })
    server.fail({ status: 503, body: 'down' })
    await feed.start([btc], listener)
    await feed.stop()
    await clock.advance(MINUTE)
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    expect(server.requests).toHaveLength(1)
  })

  it('says that it ended when a symbol turns out not to exist after the exchange was away', async () => {
    server.fail({ status: 503, body: 'down' })
    await feed.start([{ symbol: 'NOPEUSDT', tf: '1m' }], listener)
    await clock.advance(375)
    await until(() => warnings.length === 2)
    expect(warnings[1]).toMatchObject({ code: 'feed_ended', message: 'ccxt:binance: the exchange has no spot market NOPEUSDT' })
  })

  it('keeps the time of the exchange over a step of the wall clock', async () => {
    await feed.start([btc], listener)
    expect(feed.nowMs()).toBe(START)
    clock.step(-180 * MINUTE)
    expect(feed.nowMs()).toBe(START)
    await clock.advance(1000)
    expect(feed.nowMs()).toBe(START + 1000)
  })

  it('measures the clock of the exchange again at a reconnect and after an hour', async () => {
    const asked = (): number => server.requests.filter((request) => request.includes('/time')).length
    feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin, silentMs: 180 * MINUTE })
    await feed.start([btc], listener)
    clock.step(700)
    server.streams.drop()
    await until(() => codes().includes('feed_disconnected'))
    await clock.advance(375)
    await until(() => feed.nowMs() === START + 375 + 700)
    expect(asked()).toBe(2)
    clock.step(-400)
    await clock.advance(60 * MINUTE - 375)
    expect(asked()).toBe(2)
    await clock.advance(1000)
    await until(() => feed.nowMs() === START + 60 * MINUTE + 1000 + 300)
    expect(asked()).toBe(3)
  })

  it('keeps nothing of a reconnect that is over', async () => {
    feed = new CcxtFeed({ exchange: 'binance', clock, unit: () => 0.5, baseUrl: server.origin })
    await feed.start([btc], listener)
    for (let round = 1; round <= 5; round++) {
      server.streams.drop()
      await until(() => codes().filter((code) => code === 'feed_disconnected').length === round)
      await clock.advance(375)
      await until(() => codes().filter((code) => code === 'feed_reconnected').length === round)
    }
    clock.cancelled = 0
    await feed.stop()
    // The stream's own.
    expect(clock.cancelled).toBe(1)
  })
})
