import type { Stream } from '@spark/core/market/candle'
import { TIMEFRAMES, type Timeframe, timeframeMs } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import type { Feed } from '../feed/feed.ts'
import type { CandleStore } from '../storage/candle-store.ts'
import type { PrunedCandles } from '../storage/prune-candles.ts'

const DAY_MS = 86_400_000

/**
 * What opened in the time of so many of a timeframe stays, whatever the days: the repair of gaps looks back as far, backfill wants 1,000,
 * warm-up 250, a label 13.
 */
export const CANDLES_NEEDED = 10_000

/** Candles of a timeframe that opened before this are not kept. */
export function candlesKeptFrom(tf: Timeframe, days: number, marketMs: number): number {
  return marketMs - Math.max(days * DAY_MS, CANDLES_NEEDED * timeframeMs(tf))
}

/** `days` before the newest candle of the streams, so that a clock that is ahead removes nothing that should be kept. */
export async function retainCandles(
  { feed, clock, candles, streams }: { feed: Feed; clock: Clock; candles: CandleStore; streams: readonly Stream[] },
  days: number,
): Promise<PrunedCandles> {
  const removed: PrunedCandles = { candles: 0, partitions: 0, waiting: 0 }
  let newestMs = 0
  for (const stream of streams) {
    const [newest] = await candles.latest(stream, 1, Number.MAX_SAFE_INTEGER, [feed.name, 'import'])
    if (newest !== undefined) newestMs = Math.max(newestMs, newest.ts)
  }
  const marketMs = Math.min(newestMs, feed.nowMs(), clock.nowMs())
  for (const tf of TIMEFRAMES) {
    const { candles: rows, partitions, waiting } = await candles.prune(tf, candlesKeptFrom(tf, days, marketMs))
    removed.candles += rows
    removed.partitions += partitions
    removed.waiting += waiting
  }
  return removed
}
