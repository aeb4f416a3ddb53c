import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Candle, Stream } from '@spark/core/market/candle'
import { candleOpenMs } from '@spark/core/market/timeframe'
import type { CandleMessage } from '../feed/feed.ts'
import { SimulatedFeed } from '../feed/simulated-feed.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createIngest, type Ingest } from './ingest.ts'
import type { Refusal } from './judge-candles.ts'
import { createExecutorMeters } from './meters.ts'
import { START_MS, openPath, type PathFixture } from './orders/order-path-fixture.ts'
import type { Trading } from './trading.ts'

const STREAM: Stream = { symbol: 'BTCUSDT', tf: '1h' }
const HOUR = 3_600_000
const MINUTE = 60_000

let fixture: PathFixture
let ingest: Ingest
let trading: Trading
/** The candle that closed last and the one that forms. */
let last: Candle
let forming: Candle

beforeEach(async () => {
  // One flat strategy, in a market that says up at this hour: whatever was taken for a closed candle would become an order.
  fixture = await openPath({ strategies: 1, startMs: candleOpenMs(START_MS, '1h') + 30 * MINUTE })
  const { clock, path, random } = fixture
  const feed = new SimulatedFeed({ clock, seed: 5 })
  trading = await fixture.trade()
  ingest = createIngest({
    clock,
    random,
    feed,
    store: createCandleStore(path.db),
    streams: [STREAM],
    log: path.log,
    onPrice: (stream, candle, closed) => trading.onCandle(stream, candle, closed),
    onClosedRow: (stream, row, missed) => trading.onClosedRow(stream, row, missed),
  })
  await ingest.prepare()
  last = (await feed.backfill(STREAM, 1, clock.nowMs()))[0] as Candle
  forming = { ts: last.ts + HOUR, o: last.c, h: last.c * 1.001, l: last.c * 0.999, c: last.c, v: 1 }
  await ingest.onCandle({ stream: STREAM, candle: forming, closed: false })
})
afterEach(async () => {
  await ingest.drain()
  await fixture.close()
})

interface Garbage extends CandleMessage {
  refusal: Refusal
}

/** Kinds of garbage, each with the word it must be counted under. */
function garbage(): fc.Arbitrary<Garbage> {
  const closed = fc.boolean()
  const message = (refusal: Refusal, candle: Partial<Candle>, isClosed: boolean, stream = STREAM): Garbage => ({
    stream,
    candle: { ...forming, ...candle },
    closed: isClosed,
    refusal,
  })
  const noNumber = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  const price = fc.constantFrom('o', 'h', 'l', 'c')
  const hours = fc.integer({ min: 1, max: 1e9 })
  return fc.oneof(
    // Ahead of the market's time: a candle closed before it can be, and gaps up to the end of time.
    fc.tuple(hours, closed).map(([ahead, isClosed]) => message('future', { ts: forming.ts + ahead * HOUR }, isClosed)),
    fc.double({ min: 0.9, max: 1.1, noNaN: true }).map((move) => flat('future', last.c * move, forming.ts)),
    // Duplicates, the same or with another price, and what is out of order.
    fc.double({ min: 0.1, max: 10, noNaN: true }).map((move) => flat('repeated', last.c * move, last.ts)),
    fc.integer({ min: 1, max: 5000 }).map((back) => flat('late', last.c, last.ts - back * HOUR)),
    fc.constant(message('late', { ts: last.ts }, false)),
    fc.tuple(fc.integer({ min: 1, max: HOUR - 1 }), closed).map(([off, is]) => message('misaligned', { ts: last.ts + off }, is)),
    fc
      .tuple(fc.constantFrom(-1, -HOUR, 0.5, 1e308, Number.NaN, Number.POSITIVE_INFINITY), closed)
      .map(([ts, is]) => message('bad_time', { ts }, is)),
    // Numbers that are none, negative, zero, too large, or that contradict each other.
    fc.tuple(price, noNumber, closed).map(([key, value, is]) => message('bad_number', { [key]: value }, is)),
    fc.tuple(noNumber, closed).map(([v, is]) => message('bad_number', { v }, is)),
    fc.tuple(fc.constantFrom(0, -0, -1, -1e308), closed).map(([l, is]) => message('bad_price', { l }, is)),
    fc.tuple(fc.constantFrom(1e308, 1e16), closed).map(([h, is]) => message('bad_price', { h }, is)),
    closed.map((is) => message('bad_price', { o: 1e308, h: 1e308, l: 1e308, c: 1e308 }, is)),
    closed.map((is) => message('bad_price', { h: forming.l, l: forming.h }, is)),
    fc.tuple(fc.constantFrom(-1, -1e-9, 1e308), closed).map(([v, is]) => message('bad_volume', { v }, is)),
    // Zero volume at a price that has slipped, as a broken feed sends it.
    fc.constantFrom(1e-6, 1 / 50, 50, 1e6).map((factor) => ({
      ...flat('jump', last.c * factor, forming.ts),
      closed: false,
      candle: at(last.c * factor, forming.ts, 0),
    })),
    closed.map((is) => message('unknown_stream', {}, is, { symbol: 'NOBODYUSDT', tf: '1m' })),
  )
}

const at = (price: number, ts: number, v = 1): Candle => ({ ts, o: price, h: price, l: price, c: price, v })
const flat = (refusal: Refusal, price: number, ts: number): Garbage => ({
  stream: STREAM,
  candle: at(price, ts),
  closed: true,
  refusal,
})

it('10,000 candles of garbage make no order, change no row and crash nothing, and each is counted by its reason', async () => {
  const row = ingest.currentRow(STREAM)
  const expected: Partial<Record<Refusal, number>> = {}
  for (const { refusal, ...message } of fc.sample(garbage(), { numRuns: 10_000, seed: 1 })) {
    expected[refusal] = (expected[refusal] ?? 0) + 1
    await ingest.onCandle(message)
    expect(ingest.counters.refused, `${JSON.stringify(message)} is ${refusal}`).toEqual(expected)
  }
  await fixture.settle()
  expect(Object.keys(expected)).toHaveLength(10)
  expect(ingest.counters).toMatchObject({ valid: 1, invalid: 10_000, closed: 0 })
  const metrics = await createExecutorMeters({
    version: '',
    buildSha: '',
    ingest,
    polls: () => null,
    latePolls: () => ({ ok: 0, error: 0, timeout: 3 }),
    desk: () => null,
    rollout: () => null,
  })()
  for (const [reason, count] of Object.entries(expected))
    expect(metrics).toContain(`spark_candles_refused_total{reason="${reason}"} ${count}\n`)
  expect(metrics).toContain('spark_late_polls_total{outcome="timeout"} 3\n')
  expect(ingest.currentRow(STREAM)).toEqual(row)
  expect(fixture.path.lastPrice('BTCUSDT')?.price).toBe(forming.c)
  expect([await fixture.path.orders.list({ limit: 10 }), fixture.decisions]).toEqual([[], []])

  // And none of it stands in the way of the market: the candle that closes next is decided on, and this market is bought.
  fixture.clock.step(forming.ts + HOUR - fixture.clock.nowMs())
  await ingest.onCandle({ stream: STREAM, candle: { ...forming, c: forming.h }, closed: true })
  expect(ingest.counters.closed).toBe(1)
  expect(fixture.decisions).toMatchObject([{ context: { candleTs: forming.ts, action: 'enter' } }])
  expect(await fixture.path.orders.list({ limit: 10 })).toMatchObject([{ state: 'acknowledged' }])
})

it('a price that has slipped is refused, and believed when three closed candles in a row say so', async () => {
  const seen: string[] = []
  for (let hour = 0; hour < 4; hour++) {
    fixture.clock.step(HOUR)
    const before = ingest.counters.valid
    await ingest.onCandle({ stream: STREAM, candle: at(last.c / 100, forming.ts + hour * HOUR), closed: true })
    seen.push(ingest.counters.valid > before ? 'taken' : 'refused')
  }
  expect(seen).toEqual(['refused', 'refused', 'taken', 'taken'])
})

it('a good candle between two that have slipped begins the count anew', async () => {
  for (const price of [last.c / 100, last.c, last.c / 100, last.c / 100]) {
    fixture.clock.step(HOUR)
    await ingest.onCandle({ stream: STREAM, candle: at(price, candleOpenMs(fixture.clock.nowMs(), '1h') - HOUR), closed: true })
  }
  expect(ingest.counters.refused).toEqual({ jump: 3 })
})
