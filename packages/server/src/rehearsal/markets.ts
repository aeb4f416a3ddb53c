import { timeframeMs } from '@spark/core/market/timeframe'
import { streamName, type Stream } from '@spark/core/market/candle'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { FeedError, type Feed } from '../feed/feed.ts'
import { marketOptions } from '../feed/create-feed.ts'
import { readReplayFiles, type ReplaySeries } from '../feed/replay-files.ts'
import { ReplayFeed } from '../feed/replay-feed.ts'
import { SimulatedFeed } from '../feed/simulated-feed.ts'
import { SimulatedMarket } from '../feed/simulated-market.ts'
import { distinctStreams } from '../streams.ts'

/** What a rehearsal trades on. */
export interface Market {
  streams: readonly Stream[]
  /** Wall time at which the rehearsal begins, ms. */
  startMs: number
  /** For one life of the executor. */
  openFeed: (clock: Clock) => Feed
}

/** The simulated market begins here, at a moment of its own for each seed. */
const START_MS = Date.UTC(2026, 0, 5)
/** A forming candle of each stream so often; the live feed sends one every 2 s. */
const TICK_MS = 10_000
/** A closed candle of the shortest stream of the data so often, when nobody says a speed. */
const CANDLE_EVERY_MS = 10_000

export function simulatedMarket(config: Config, seed: number, market?: SimulatedMarket): Market {
  const shared = market ?? new SimulatedMarket({ ...marketOptions(config.file.sim ?? {}), seed })
  return {
    streams: distinctStreams([config.canary, ...config.file.strategies]),
    startMs: START_MS + ((seed * 7919) % 30_000),
    openFeed: (clock) => new SimulatedFeed({ clock, market: shared, tickMs: TICK_MS }),
  }
}

/**
 * Candles from files. `speed`: market time per rehearsed time. Rejects with FeedError when they cannot be read, or lack the canary
 * stream.
 */
export async function recordedMarket(config: Config, paths: readonly string[], speed: number | null): Promise<Market> {
  const wanted = distinctStreams([config.canary, ...config.file.strategies])
  const series: ReplaySeries[] = []
  for (const path of paths) series.push(...(await readReplayFiles(path, wanted)).series)
  const streams = series.map(({ stream }) => stream)
  const twice = streams.find((stream, at) =>
    streams.some((other, before) => before < at && streamName(other) === streamName(stream)),
  )
  if (twice !== undefined)
    throw new FeedError(`${streamName(twice)} is in several of the paths; give the folder that holds its files`)
  if (!streams.some((stream) => streamName(stream) === streamName(config.canary)))
    throw new FeedError(`the data has no candles of the canary stream ${streamName(config.canary)}`)
  const shortestMs = Math.min(...streams.map(({ tf }) => timeframeMs(tf)))
  const chosen = speed ?? shortestMs / CANDLE_EVERY_MS
  let first: { marketMs: number; atMs: number } | null = null
  return {
    streams,
    startMs: START_MS,
    openFeed(clock) {
      // The market goes on while nobody listens.
      const marketMs = first === null ? null : first.marketMs + (clock.monotonicMs() - first.atMs) * chosen
      const feed = new ReplayFeed(paths.join(', '), series, {
        clock,
        speed: chosen,
        ...(marketMs !== null && { startMs: marketMs }),
      })
      first ??= { marketMs: feed.nowMs(), atMs: clock.monotonicMs() }
      return feed
    },
  }
}
