import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { openReplayFeed, type ReplayFeed } from '../feed/replay-feed.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createIngest } from './ingest.ts'
import { openPath, type PathFixture } from './orders/order-path-fixture.ts'

const QUARTER = 900_000
const BTC: Stream = { symbol: 'BTCUSDT', tf: '15m' }
const BTC_LONGER: Stream = { symbol: 'BTCUSDT', tf: '30m' }
const ETH: Stream = { symbol: 'ETHUSDT', tf: '15m' }
const STREAMS = [BTC, BTC_LONGER, ETH]
/** Enough of them to warm the longer stream, then those that are traded. */
const WARM = 520
const TRADED = 80
const FIRST = Date.UTC(2024, 0, 1)
const START = FIRST + WARM * QUARTER
const END = START + TRADED * QUARTER

/** A market that turns every 40 candles or so, and opens away from its last close. From `changedFrom` on it is another one. */
function market(seed: number, base: number, changed: { from: number; seed: number }): Candle[] {
  const random = [createRandom(seed), createRandom(changed.seed)] as const
  const phase = randomUniform(random[0]) * 40
  return Array.from({ length: WARM + TRADED }, (_, at) => {
    const ts = FIRST + at * QUARTER
    const other = ts + QUARTER > changed.from
    const unit = () => randomUniform(other ? random[1] : random[0])
    const level = base * (1 + 0.02 * Math.sin(((at + phase) * 2 * Math.PI) / 40)) * (other ? 0.95 + unit() / 10 : 1)
    const price = () => Math.round(level * (0.997 + unit() * 0.006) * 100) / 100
    const [o, c] = [price(), price()]
    return { ts, o, h: Math.max(o, c), l: Math.min(o, c), c, v: 1 }
  })
}

function longer(candles: readonly Candle[]): Candle[] {
  return candles.flatMap((first, at) => {
    const second = candles[at + 1]
    if (at % 2 !== 0 || second === undefined) return []
    return [{ ts: first.ts, o: first.o, h: Math.max(first.h, second.h), l: Math.min(first.l, second.l), c: second.c, v: 2 }]
  })
}

interface Told {
  /** What was decided, ordered and filled, as text. */
  before: string[]
  atEnd: string[]
  fills: { price: number; open: number; side: string }[]
}

/** Trades files from START to END through feed, ingest, order path and paper venue; `before` is what stood when `time` was passed. */
async function trade(seed: number, time: number, otherSeed: number): Promise<Told> {
  const folder = join(temporaryFolder(), 'candles')
  mkdirSync(folder)
  const changed = { from: time, seed: otherSeed }
  const btc = market(seed, 50_000, changed)
  const candles = new Map([
    [BTC, btc],
    [BTC_LONGER, longer(btc)],
    [ETH, market(seed + 1, 2500, changed)],
  ])
  for (const [stream, rows] of candles)
    writeFileSync(
      join(folder, `${streamName(stream)}.csv`),
      rows.map(({ ts, o, h, l, c, v }) => `${ts},${o},${h},${l},${c},${v}\n`).join(''),
    )
  const fixture = await openPath({ strategies: STREAMS, startMs: START })
  const feed = await openReplayFeed(folder, { clock: fixture.clock, speed: Infinity, startMs: START })
  const told = await replay(fixture, feed, time)
  const orders = await fixture.path.orders.list({ limit: 1000 })
  const fills = (await fixture.path.positions.fills({ limit: 1000 })).map((fill) => {
    const order = orders.find(({ intentId }) => intentId === fill.intentId)
    const [stream, rows] = [...candles].find(([{ symbol, tf }]) => order?.strategyId.endsWith(`${symbol}-${tf}`)) ?? []
    const closed = (order?.candleTs ?? 0) + timeframeMs(stream?.tf ?? '15m')
    const finest = rows === candles.get(BTC_LONGER) ? btc : rows
    return { side: fill.side, price: Number(fill.price), open: finest?.find(({ ts }) => ts === closed)?.o ?? Number.NaN }
  })
  await fixture.close()
  return { ...told, fills }
}

async function replay(fixture: PathFixture, feed: ReplayFeed, time: number): Promise<Omit<Told, 'fills'>> {
  const { path, clock } = fixture
  const trading = await fixture.trade()
  const ingest = createIngest({
    clock,
    random: fixture.random,
    feed,
    store: createCandleStore(path.db),
    streams: STREAMS,
    log: path.log,
    onPrice: (stream, candle, closed) => trading.onCandle(stream, candle, closed),
    onClosedRow: (stream, row, missed) => trading.onClosedRow(stream, row, missed),
  })
  await ingest.prepare()
  let before: string[] | null = null
  const warnings: string[] = []
  await feed.start(STREAMS, {
    async onCandle(message) {
      // Orders live by the time of the data, as in the executor.
      clock.step(feed.nowMs() - clock.nowMs())
      if (before === null && feed.nowMs() > time) before = await record(fixture)
      await ingest.onCandle(message)
    },
    onWarning: ({ code }) => void warnings.push(code),
  })
  while (!warnings.includes('feed_ended')) await clock.advance(0)
  await ingest.drain()
  return { before: before ?? [], atEnd: await record(fixture) }
}

async function record({ path, decisions }: PathFixture): Promise<string[]> {
  const orders = await path.orders.list({ limit: 1000 })
  const fills = await path.positions.fills({ limit: 1000 })
  return [
    ...decisions.map(({ strategyId, context }) => `decision ${strategyId} ${JSON.stringify(context)}`),
    ...orders.map((one) => `order ${one.intentId} ${one.side} ${one.quantity} ${one.state} ${one.reason} ${one.referencePrice}`),
    ...fills.map(({ intentId, quantity, price, fee, ts }) => `fill ${intentId} ${quantity} ${price} ${fee} ${ts}`),
    ...(await path.positions.open()).map(({ strategyId, quantity, averagePrice }) => `${strategyId} ${quantity} ${averagePrice}`),
  ].sort()
}

it('changing every candle after a time changes nothing that was decided or filled until then', { timeout: 120_000 }, async () => {
  let filledBefore = 0
  let differentAfter = 0
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 20, max: TRADED - 4 }), async (seed, candle) => {
      const time = START + candle * QUARTER
      const [one, other] = [await trade(seed, time, seed + 11), await trade(seed, time, seed + 12)]
      expect(other.before).toEqual(one.before)
      filledBefore += one.before.filter((line) => line.startsWith('fill')).length
      if (one.atEnd.join() !== other.atEnd.join()) differentAfter += 1
    }),
    { numRuns: 6 },
  )
  // It could have failed: there was something to change, and the change was seen afterwards.
  expect(filledBefore).toBeGreaterThan(30)
  expect(differentAfter).toBe(6)
})

it('an order fills at the open of the candle after the one it was decided on, never at a price of before', async () => {
  const { fills } = await trade(7, END, 8)
  expect(fills.length).toBeGreaterThan(8)
  for (const { side, price, open } of fills) {
    // Half a spread of 1 bp, impact below a tenth of one, and the tick.
    const slipped = (price / open - 1) * (side === 'buy' ? 10_000 : -10_000)
    expect(slipped).toBeGreaterThan(0.9)
    expect(slipped).toBeLessThan(1.2)
  }
})
