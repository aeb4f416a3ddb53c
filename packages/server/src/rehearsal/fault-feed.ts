import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { murmur3 } from '@spark/core/stats/murmur3'
import { FeedError, type CandleMessage, type Feed, type FeedListener } from '../feed/feed.ts'
import type { ActiveFaults, Fault } from './fault.ts'
import type { Clock } from '../clock.ts'

/** Candles that a start is warmed with: enough for the indicators, and a quarter of what a real start fetches. */
const BACKFILL_MAX = 300
/** Later than the message after it. */
const LATE_MS = 17_000

interface FaultFeedDeps {
  clock: Clock
  /** ms since the rehearsal began. */
  sinceMs: () => number
  faults: ActiveFaults
  unit: () => number
  /** Nothing closes any more: prices only. */
  isSettling: () => boolean
  /** Gaps of the market, by its time: candles that lie in them do not exist, whoever asks. */
  gaps: readonly { fault: Fault; fromMs: number; toMs: number }[]
}

/** A feed as an executor sees it through the faults. */
export function faultFeed(feed: Feed, deps: FaultFeedDeps): Feed {
  const { faults, clock } = deps
  return {
    name: feed.name,
    ...(feed.streams !== undefined && { streams: feed.streams }),
    nowMs: () => feed.nowMs(),
    stop: () => feed.stop(),
    backfill(stream, count, beforeMs) {
      if (faults.of('backfill_away') !== null || faults.of('feed_gap') !== null)
        return Promise.reject(new FeedError('the exchange does not answer'))
      return feed
        .backfill(stream, Math.min(count, BACKFILL_MAX), beforeMs)
        .then((candles) => candles.filter((candle) => !inGap(deps, stream, candle)))
    },
    start: (streams, listener) => feed.start(streams, throughFaults(listener, deps)),
  }

  function throughFaults(listener: FeedListener, { unit }: FaultFeedDeps): FeedListener {
    return {
      onWarning: (warning) => listener.onWarning(warning),
      onCandle(sent) {
        const message = deps.isSettling() ? { ...sent, closed: false } : sent
        if (faults.none) return listener.onCandle(message)
        if (isSilent(deps, message.stream) || inGap(deps, message.stream, message.candle)) return
        const seen = happens(unit, faults.strength('nan_candles')) ? withNaN(message) : message
        if (happens(unit, faults.strength('out_of_order_ticks'))) {
          clock.after(LATE_MS, () => void listener.onCandle(seen))
          return
        }
        if (happens(unit, faults.strength('duplicate_ticks'))) void listener.onCandle(seen)
        return listener.onCandle(seen)
      },
    }
  }
}

const happens = (unit: () => number, probability: number): boolean => probability > 0 && unit() < probability

function isSilent({ faults, sinceMs }: FaultFeedDeps, stream: Stream): boolean {
  for (const kind of ['feed_silence', 'feed_gap'] as const) {
    const fault = faults.of(kind)
    if (fault !== null && isHit(fault, stream)) return true
  }
  const flapping = faults.of('feed_flapping')
  return flapping !== null && Math.floor((sinceMs() - flapping.atMs) / (flapping.strength * 1000)) % 2 === 0
}

/** The same streams all the time. */
function isHit({ strength, atMs }: Fault, stream: Stream): boolean {
  return strength >= 1 || murmur3(`${streamName(stream)} ${atMs}`) / 2 ** 32 < strength
}

function inGap({ gaps }: FaultFeedDeps, stream: Stream, { ts }: Candle): boolean {
  if (gaps.length === 0) return false
  const endMs = ts + timeframeMs(stream.tf)
  return gaps.some(({ fault, fromMs, toMs }) => ts >= fromMs && endMs <= toMs && isHit(fault, stream))
}

function withNaN(message: CandleMessage): CandleMessage {
  return { ...message, candle: { ...message.candle, c: Number.NaN } }
}
