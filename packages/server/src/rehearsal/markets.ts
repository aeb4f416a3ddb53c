import type { Stream } from '@spark/core/market/candle'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { marketOptions } from '../feed/create-feed.ts'
import type { Feed } from '../feed/feed.ts'
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
export const START_MS = Date.UTC(2026, 0, 5)
/** A forming candle of each stream so often; the live feed sends one every 2 s. */
const TICK_MS = 15_000

export function simulatedMarket(config: Config, seed: number, market?: SimulatedMarket): Market {
  const shared = market ?? new SimulatedMarket({ ...marketOptions(config.file.sim ?? {}), seed })
  return {
    streams: distinctStreams([config.canary, ...config.file.strategies]),
    startMs: START_MS + ((seed * 7919) % 30_000),
    openFeed: (clock) => new SimulatedFeed({ clock, market: shared, tickMs: TICK_MS }),
  }
}
