import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Candle, Stream } from '@spark/core/market/candle'
import { createIndicatorSet, pushCandle } from '@spark/core/indicators/indicator-set'
import { featureRow } from '@spark/core/signal/feature-row'
import { createRandom, randomNormal } from '@spark/core/stats/random'
import { START_MS, openPath } from './orders/order-path-fixture.ts'

const STREAM: Stream = { symbol: 'BTCUSDT', tf: '1h' }
const HOUR = 3_600_000
const FIRST = Math.floor(START_MS / HOUR) * HOUR
const CANDLES = 60

/** Candles of a walk; from `until` on those of another one. */
function walk(seed: number, otherSeed: number, until: number): Candle[] {
  const random = createRandom(seed)
  const other = createRandom(otherSeed)
  let o = 50_000
  return Array.from({ length: CANDLES }, (_, at) => {
    const step = 1 + randomNormal(at < until ? random : other) / 100
    const c = Math.round(o * step * 100) / 100
    const candle = { ts: FIRST + at * HOUR, o, h: Math.max(o, c), l: Math.min(o, c), c, v: 1 }
    o = c
    return candle
  })
}

/** Trades candle by candle; what was decided and filled until the close of candle `until`. */
async function traded(candles: readonly Candle[], until: number): Promise<string[]> {
  const fixture = await openPath({ strategies: 2, startMs: FIRST })
  const trading = await fixture.trade()
  const indicators = createIndicatorSet('1h')
  // A short warm-up: an old, calm market before the walk.
  for (let at = 300; at > 0; at--)
    pushCandle(indicators, { ts: FIRST - at * HOUR, o: 50_000, h: 50_001, l: 49_999, c: 50_000, v: 1 })
  const told: string[] = []
  for (const [at, candle] of candles.entries()) {
    // A step: what waits for real time does not matter here.
    fixture.clock.step(candle.ts + HOUR - fixture.clock.nowMs())
    await trading.onCandle(STREAM, candle, true)
    await fixture.settle()
    const values = pushCandle(indicators, candle)
    if (values === null) throw new Error('not warm')
    await trading.onClosedRow(STREAM, featureRow(STREAM, candle, values))
    if (at === until) {
      const orders = await fixture.path.orders.list({ limit: 1000 })
      told.push(
        ...orders.map((order) => `${order.intentId} ${order.side} ${order.quantity} ${order.state} ${order.referencePrice}`),
      )
      const fills = await fixture.path.positions.fills({ limit: 1000 })
      told.push(...fills.map((fill) => `${fill.intentId} ${fill.quantity} ${fill.price}`))
      break
    }
  }
  await fixture.close()
  return told.sort()
}

it('changing every candle after a time changes nothing that was decided or filled until then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 5, max: CANDLES - 2 }), async (seed, until) => {
      const before = await traded(walk(seed, seed + 1, until + 1), until)
      const after = await traded(walk(seed, seed + 2, until + 1), until)
      expect(after).toEqual(before)
    }),
    { numRuns: 8 },
  )
}, 60_000)

it('there is something to change: such a market is traded', async () => {
  expect((await traded(walk(1, 1, CANDLES), CANDLES - 1)).length).toBeGreaterThan(6)
})
