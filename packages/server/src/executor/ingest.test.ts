import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WARM_UP_CANDLES } from '@spark/core/market/gap'
import type { Candle, Stream } from '@spark/core/market/candle'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { createIndicatorSet, pushCandle } from '@spark/core/indicators/indicator-set'
import { ManualClock } from '../clock.ts'
import { FeedError, type Feed } from '../feed/feed.ts'
import { createLog } from '../log.ts'
import { createCandleStore, type CandleStore } from '../storage/candle-store.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createIngest, type Ingest } from './ingest.ts'

const HOUR = 3_600_000
const NOW = 1_700_002_800_000 - (1_700_002_800_000 % HOUR)
const stream: Stream = { symbol: 'BTCUSDT', tf: '1h' }
const candleAt = (ts: number): Candle => {
  const o = 100 + Math.sin(ts / HOUR / 7) * 10
  const c = 100 + Math.sin((ts + HOUR) / HOUR / 7) * 10
  return { ts, o, h: Math.max(o, c) + 1, l: Math.min(o, c) - 1, c, v: 5 }
}

/** A market that has the candles it is told to have. */
class FakeFeed implements Feed {
  readonly name = 'fake'
  readonly missing = new Set<number>()
  reachable = true
  asked = 0
  readonly #clock: ManualClock
  constructor(clock: ManualClock) {
    this.#clock = clock
  }
  nowMs = () => this.#clock.nowMs()
  async backfill(_stream: Stream, count: number, beforeMs: number): Promise<Candle[]> {
    this.asked += 1
    if (!this.reachable) throw new FeedError('the exchange is away')
    return Array.from({ length: count }, (_, index) => beforeMs - (count - index) * HOUR)
      .filter((ts) => !this.missing.has(ts))
      .map(candleAt)
  }
  start = async () => {}
  stop = async () => {}
}

/** Always the longest wait. */
const random = { unit: () => 1 - Number.EPSILON }

const told: string[] = []
const hooks = {
  onPrice: async (_stream: Stream, candle: Candle, closed: boolean) => void told.push(`price ${candle.ts} ${closed}`),
  onClosedRow: async (_stream: Stream, row: FeatureRow, missed: boolean) =>
    void told.push(`${missed ? 'missed row' : 'row'} ${row.ts}`),
}

let folder: string
let database: MainDatabase
let store: CandleStore
let clock: ManualClock
let feed: FakeFeed

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spark-ingest-'))
  database = await openMainDatabase({ path: join(folder, 'spark.db'), thread: false, busyTimeoutMs: 1 })
  store = createCandleStore(database.db)
  clock = new ManualClock(NOW + 60_000)
  feed = new FakeFeed(clock)
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const newIngest = (): Ingest =>
  createIngest({ ...hooks, clock, random, feed, store, streams: [stream], log: createLog('test', 'silent') })
/** The market does not speak of what has not come to pass. */
const at = (ms: number) => clock.step(Math.max(0, ms - clock.nowMs()))
const closed = (ingest: Ingest, ts: number) => {
  at(ts + HOUR)
  return void ingest.onCandle({ stream, candle: candleAt(ts), closed: true })
}
const forming = (ingest: Ingest, ts: number, c = 101) => {
  at(ts)
  return void ingest.onCandle({ stream, candle: { ts, o: 100, h: 110, l: 90, c, v: 1 }, closed: false })
}

/** Lets time pass until there is a row again, at most half an hour of it. */
async function untilRow(ingest: Ingest): Promise<void> {
  for (let turn = 0; turn < 180 && ingest.currentRow(stream) === null; turn++) await clock.advance(10_000)
}

describe('ingest', () => {
  it('warms up from the backfill, stores it, and gives the row of the last closed candle', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    expect(ingest.warmStreams()).toBe(1)
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW - HOUR, symbol: 'BTCUSDT', tf: '1h', c: candleAt(NOW - HOUR).c })
    expect((await store.streams())[0]).toMatchObject({ count: 1000, lastTs: NOW - HOUR })
  })

  it('starts from stored candles when the source is away, and says nothing before it is warm', async () => {
    const first = newIngest()
    await first.prepare()
    feed.reachable = false
    const second = newIngest()
    await second.prepare()
    expect(second.currentRow(stream)).toEqual(first.currentRow(stream))
    rmSync(join(folder, 'other'), { recursive: true, force: true })
    const other = createIngest({
      ...hooks,
      random,
      clock,
      feed,
      store,
      streams: [{ symbol: 'ETHUSDT', tf: '1h' }],
      log: createLog('test', 'silent'),
    })
    await other.prepare()
    expect(other.warmStreams()).toBe(0)
    expect(other.currentRow({ symbol: 'ETHUSDT', tf: '1h' })).toBeNull()
  })

  it('a forming candle changes the row, not the state: when it closes, the values are as if it had never formed', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    forming(ingest, NOW, 109)
    const while_ = ingest.currentRow(stream)
    expect(while_).toMatchObject({ ts: NOW, c: 109 })
    forming(ingest, NOW, 91)
    expect(ingest.currentRow(stream)?.rsi_14).toBeLessThan(while_?.rsi_14 ?? 0)
    closed(ingest, NOW)
    await ingest.drain()
    const set = createIndicatorSet('1h')
    let values = null
    for (let ts = NOW - 1000 * HOUR; ts <= NOW; ts += HOUR) values = pushCandle(set, candleAt(ts))
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW, ...values })
  })

  it('refuses candles that are invalid, unaligned, late or repeated, and they do not freshen the feed', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    closed(ingest, NOW)
    await ingest.drain()
    await clock.advance(10_000)
    const before = ingest.currentRow(stream)
    closed(ingest, NOW)
    closed(ingest, NOW - 5 * HOUR)
    void ingest.onCandle({ stream, candle: { ...candleAt(NOW + HOUR), c: Number.NaN }, closed: true })
    void ingest.onCandle({ stream, candle: { ...candleAt(NOW + HOUR), ts: NOW + HOUR + 1 }, closed: false })
    void ingest.onCandle({ stream, candle: { ...candleAt(NOW + HOUR), l: -1 }, closed: false })
    void ingest.onCandle({ stream: { symbol: 'XRPUSDT', tf: '1h' }, candle: candleAt(NOW + HOUR), closed: true })
    await ingest.drain()
    expect(ingest.counters).toMatchObject({
      valid: 1,
      invalid: 6,
      refused: { repeated: 1, late: 1, bad_number: 1, misaligned: 1, bad_price: 1, unknown_stream: 1 },
    })
    expect(ingest.currentRow(stream)).toEqual(before)
    expect(ingest.stalenessS()).toBe(10)
  })

  it('fills a gap from the feed, with the same values as without one', async () => {
    const [whole, gapped] = [newIngest(), newIngest()]
    await whole.prepare()
    await gapped.prepare()
    for (let ts = NOW; ts <= NOW + 6 * HOUR; ts += HOUR) closed(whole, ts)
    await whole.drain()
    closed(gapped, NOW + 6 * HOUR)
    await gapped.drain()
    expect(gapped.counters.gaps).toBe(1)
    expect(gapped.currentRow(stream)).toEqual(whole.currentRow(stream))
  })

  it('records a gap that the market itself has', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    for (const hours of [1, 2]) feed.missing.add(NOW + hours * HOUR)
    closed(ingest, NOW)
    closed(ingest, NOW + 4 * HOUR)
    await ingest.drain()
    expect(await store.recordedGaps(stream, 0, NOW + 100 * HOUR)).toMatchObject([{ firstMissingTs: NOW + HOUR, missing: 2 }])
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW + 4 * HOUR })
  })

  it('warms up again behind a gap of more than 24 candles', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    for (let hours = 1; hours <= 25; hours++) feed.missing.add(NOW + hours * HOUR)
    closed(ingest, NOW)
    closed(ingest, NOW + 26 * HOUR)
    await ingest.drain()
    expect(ingest.currentRow(stream)).toBeNull()
    for (let hours = 27; hours < 26 + WARM_UP_CANDLES; hours++) closed(ingest, NOW + hours * HOUR)
    await ingest.drain()
    expect(ingest.currentRow(stream)).not.toBeNull()
  })

  it('gives no row while a closed candle is owed to storage, and the true one once it is stored', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    const locked = new DatabaseSync(join(folder, 'spark.db'))
    locked.exec('BEGIN IMMEDIATE')
    closed(ingest, NOW)
    forming(ingest, NOW + HOUR)
    expect(ingest.currentRow(stream)).toBeNull()
    await new Promise((resolve) => setImmediate(resolve))
    expect(ingest.currentRow(stream)).toBeNull()
    locked.exec('ROLLBACK')
    locked.close()
    await untilRow(ingest)
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW + HOUR })
    expect((await store.streams())[0]).toMatchObject({ lastTs: NOW })
  })

  it('waits for a source that cannot be asked for missing candles, instead of scoring without them', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    feed.reachable = false
    closed(ingest, NOW + 3 * HOUR)
    for (let turn = 0; turn < 5; turn++) await clock.advance(1000)
    expect(ingest.currentRow(stream)).toBeNull()
    feed.reachable = true
    await untilRow(ingest)
    expect((await store.streams())[0]).toMatchObject({ lastTs: NOW + 3 * HOUR, count: 1004 })
  })

  it('asks a source that is away at the start again until it answers', async () => {
    feed.reachable = false
    const ingest = newIngest()
    await ingest.prepare()
    expect(ingest.currentRow(stream)).toBeNull()
    await clock.advance(1000)
    feed.reachable = true
    await untilRow(ingest)
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW - HOUR })
    expect(ingest.warmStreams()).toBe(1)
  })

  it('stops in the middle of trying again', async () => {
    feed.reachable = false
    const ingest = newIngest()
    await ingest.prepare()
    await ingest.drain()
    expect(ingest.currentRow(stream)).toBeNull()
  })

  it('does not mix markets: stored candles of another source are not what it warms up from', async () => {
    await store.putAll(
      stream,
      Array.from({ length: 1000 }, (_, index) => ({ ts: NOW - (index + 1) * HOUR, o: 9000, h: 9000, l: 9000, c: 9000, v: 1 })),
      'sim',
    )
    const ingest = newIngest()
    await ingest.prepare()
    expect(ingest.currentRow(stream)?.ema_20).toBeLessThan(200)
    feed.reachable = false
    const alone = newIngest()
    await alone.prepare()
    expect(alone.currentRow(stream)).toBeNull()
  })

  it('records what the market has no candles of, also in the backfill it starts with', async () => {
    for (const hours of [100, 101, 400]) feed.missing.add(NOW - hours * HOUR)
    await newIngest().prepare()
    const gaps = await store.recordedGaps(stream, 0, NOW)
    expect(gaps.map(({ firstMissingTs, missing }) => [(NOW - firstMissingTs) / HOUR, missing])).toEqual([
      [400, 1],
      [101, 2],
    ])
  })

  it('tells of each closed candle once, after its price, and not of those that were filled in before it', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    told.length = 0
    at(NOW + 4 * HOUR)
    for (const ts of [NOW, NOW, NOW + 3 * HOUR]) await ingest.onCandle({ stream, candle: candleAt(ts), closed: true })
    expect(told).toEqual([`price ${NOW} true`, `row ${NOW}`, `price ${NOW + 3 * HOUR} true`, `row ${NOW + 3 * HOUR}`])
  })

  it('tells of the candle that closed before it listened, once, when the next one is heard of', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    told.length = 0
    for (const c of [101, 102]) forming(ingest, NOW, c)
    await ingest.drain()
    expect(told).toEqual([`price ${NOW} false`, `price ${NOW} false`, `missed row ${NOW - HOUR}`])
  })

  it('does not tell of it when something is missing between, or when the next one has closed meanwhile', async () => {
    const [gapped, going] = [newIngest(), newIngest()]
    await gapped.prepare()
    await going.prepare()
    told.length = 0
    closed(going, NOW)
    for (const ingest of [gapped, going]) {
      forming(ingest, NOW + HOUR)
      await ingest.drain()
    }
    expect(told.filter((line) => line.startsWith('missed'))).toEqual([])
  })

  it('a feed that never speaks grows stale from the moment it was listened to', async () => {
    const ingest = newIngest()
    expect(ingest.stalenessS()).toBeNull()
    await ingest.prepare()
    expect(ingest.stalenessS()).toBe(0)
    await clock.advance(31_000)
    expect(ingest.stalenessS()).toBe(31)
    forming(ingest, NOW)
    expect(ingest.stalenessS()).toBe(0)
  })

  it('staleness runs by the monotonic clock: a stepped wall clock does not change it', async () => {
    const ingest = newIngest()
    await ingest.prepare()
    forming(ingest, NOW)
    await clock.advance(5000)
    clock.step(3_600_000)
    expect(ingest.stalenessS()).toBe(5)
  })
})

describe('a stream that changes hands', () => {
  const nobodys = () =>
    createIngest({
      ...hooks,
      onHeard: (_stream, candle, isClosed) => void told.push(`heard ${candle.ts} ${isClosed}`),
      clock,
      random,
      feed,
      store,
      streams: [],
      log: createLog('test', 'silent'),
    })

  it('is only heard until it is taken, then warm before it gives a row, and told of from the candle that closed last', async () => {
    const ingest = nobodys()
    await ingest.prepare()
    expect(ingest.stalenessS()).toBe(0)
    told.length = 0
    forming(ingest, NOW, 105)
    closed(ingest, NOW)
    expect(told).toEqual([`heard ${NOW} false`, `heard ${NOW} true`])
    expect(ingest.counters.invalid).toBe(0)
    expect((await store.streams()).length).toBe(0)
    void ingest.onCandle({ stream, candle: { ...candleAt(NOW), l: -1 }, closed: true })
    expect(ingest.counters.refused).toEqual({ bad_price: 1 })
    const held = ingest.hold(stream)
    // What comes meanwhile waits behind the history.
    forming(ingest, NOW + HOUR, 102)
    expect(ingest.currentRow(stream)).toBeNull()
    await held
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW + HOUR, c: 102 })
    told.length = 0
    forming(ingest, NOW + HOUR, 103)
    await ingest.drain()
    expect(told).toEqual([`price ${NOW + HOUR} false`, `missed row ${NOW}`])
  })

  it('takes a candle that closes while it is made ready behind its history', async () => {
    const ingest = nobodys()
    await ingest.prepare()
    at(NOW + 2 * HOUR)
    const held = ingest.hold(stream)
    closed(ingest, NOW + HOUR)
    await held
    await ingest.drain()
    expect(ingest.warmStreams()).toBe(1)
    expect(ingest.currentRow(stream)).toMatchObject({ ts: NOW + HOUR, c: candleAt(NOW + HOUR).c })
  })

  it('is told of no more when it was given away, and not tried for again', async () => {
    const ingest = nobodys()
    await ingest.prepare()
    feed.reachable = false
    await ingest.hold(stream)
    ingest.drop(stream)
    const { asked } = feed
    told.length = 0
    await clock.advance(60_000)
    closed(ingest, NOW)
    await ingest.drain()
    expect(ingest.currentRow(stream)).toBeNull()
    expect(told).toEqual([`heard ${NOW} true`])
    expect(feed.asked).toBeLessThanOrEqual(asked + 1)
  })
})
