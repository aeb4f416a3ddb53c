import { expect, it } from 'vitest'
import { TIMEFRAMES, timeframeMs } from '@spark/core/market/timeframe'
import { ManualClock } from '../clock.ts'
import { SimulatedFeed } from '../feed/simulated-feed.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { onPostgres, openTestDatabase } from '../storage/main-database-fixture.ts'
import { CANDLES_NEEDED, candlesKeptFrom, retainCandles } from './candle-retention.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 1)
const stream = { symbol: 'BTCUSDT', tf: '1m' } as const

it('of each timeframe the time of 10,000 candles stays, and all of the days', () => {
  for (const tf of TIMEFRAMES)
    for (const days of [30, 400, 4_000]) {
      const from = candlesKeptFrom(tf, days, NOW)
      expect(NOW - from).toBeGreaterThanOrEqual(CANDLES_NEEDED * timeframeMs(tf))
      expect(NOW - from).toBeGreaterThanOrEqual(days * DAY)
    }
})

it('days are counted back from the newest candle, whatever a clock says that is years ahead', async () => {
  // Of a month that goes on, nothing goes there.
  const [removed, left] = onPostgres() ? [{ partitions: 1 }, [31, 29, 0]] : [{ candles: 2 }, [29, 0]]
  const none = { candles: 0, partitions: 0, waiting: 0 }
  const database = await openTestDatabase()
  const candles = createCandleStore(database.db)
  const at = (daysAgo: number) => ({ ts: NOW - daysAgo * DAY, o: 1, h: 1, l: 1, c: 1, v: 1 })
  const clock = new ManualClock(NOW + 5 * 365 * DAY)
  const feed = new SimulatedFeed({ clock, seed: 1 })
  const parts = { feed, clock, candles, streams: [stream] }
  expect(await retainCandles(parts, 30)).toEqual(none)
  await candles.putAll(stream, [at(400), at(31), at(29), at(0)], feed.name)
  await candles.putAll({ ...stream, tf: '1d' }, [at(400)], 'import')
  expect(await retainCandles(parts, 30)).toEqual({ ...none, ...removed })
  expect((await candles.range(stream, 0, NOW + 1, 9)).map(({ ts }) => (NOW - ts) / DAY)).toEqual(left)
  expect((await candles.streams()).map(({ stream: { tf }, count }) => `${tf} ${count}`)).toEqual(['1d 1', `1m ${left.length}`])
  await database.close()
})
