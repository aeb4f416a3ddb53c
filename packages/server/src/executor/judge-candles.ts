import { candleFault, type Candle, type CandleFault } from '@spark/core/market/candle'
import { GAP_RESTART_CANDLES, gapBetween } from '@spark/core/market/gap'
import { candleOpenMs, timeframeMs, type Timeframe } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import type { Feed } from '../feed/feed.ts'

/** Why a candle was not taken, as it is counted. */
export type Refusal = CandleFault['code'] | 'unknown_stream' | 'misaligned' | 'future' | 'repeated' | 'late' | 'jump'

export interface Refused {
  code: Refusal
  detail: string
}

/** Clocks of exchanges and ours differ by less. */
const AHEAD_MS_MAX = 60_000
/** No market has moved so far from one candle to the next; what says so has slipped a decimal point or two. */
const JUMP_FACTOR = 20
/** So many closed candles in a row at the new level are the market after all. */
const JUMPS_BELIEVED = 3

/** What is known of a stream when a message comes. */
export interface StreamFacts {
  tf: Timeframe
  lastClosed: Candle | null
  marketMs: number
  /** Closed candles that were refused as `jump` since the last good one. */
  jumps: number
}

/** Why a message of the feed is refused, or null. */
export function messageRefusal(candle: Candle, closed: boolean, facts: StreamFacts): Refused | null {
  const { tf, lastClosed, marketMs } = facts
  const fault = candleFault(candle) ?? placeRefusal(candle, closed, tf, marketMs)
  if (fault !== null) return fault
  if (lastClosed === null) return null
  if (candle.ts === lastClosed.ts && closed) return { code: 'repeated', detail: `closed candle ${candle.ts} came again` }
  if (candle.ts <= lastClosed.ts) return { code: 'late', detail: `candle ${candle.ts} is closed already` }
  if (!isJump(lastClosed, candle, tf) || (closed && facts.jumps + 1 >= JUMPS_BELIEVED)) return null
  return { code: 'jump', detail: `close ${candle.c} and open ${candle.o} are far from ${lastClosed.c}, the close before` }
}

/** What of a history can be right: valid, aligned, in order, closed, and no single candle far from both its neighbours. */
export function usableHistory(
  candles: readonly Candle[],
  { tf, marketMs }: Pick<StreamFacts, 'tf' | 'marketMs'>,
  onRefused: (code: Refusal) => void,
): Candle[] {
  const kept: Candle[] = []
  for (const candle of candles) {
    const last = kept.at(-1)
    const refused = candleFault(candle) ?? placeRefusal(candle, true, tf, marketMs)
    if (refused !== null) onRefused(refused.code)
    else if (last !== undefined && candle.ts <= last.ts) onRefused(candle.ts === last.ts ? 'repeated' : 'late')
    else kept.push(candle)
  }
  return kept.filter((candle, at) => {
    // At an end its two neighbours are on one side.
    const [before, after] = [kept[at - 1] ?? kept[at + 2], kept[at + 1] ?? kept[at - 2]]
    const alone = before !== undefined && after !== undefined && isJump(before, candle, tf) && isJump(after, candle, tf)
    if (alone) onRefused('jump')
    return !alone
  })
}

function placeRefusal({ ts }: Candle, closed: boolean, tf: Timeframe, marketMs: number): Refused | null {
  if (ts !== candleOpenMs(ts, tf)) return { code: 'misaligned', detail: `open time ${ts} is not aligned to ${tf}` }
  const endsOrOpensMs = closed ? ts + timeframeMs(tf) : ts
  if (endsOrOpensMs > marketMs + AHEAD_MS_MAX)
    return { code: 'future', detail: `${closed ? 'closed candle' : 'candle'} ${ts} is ahead of the market's time ${marketMs}` }
  return null
}

/** Behind a longer gap the price may be anywhere. */
function isJump(neighbour: Candle, candle: Candle, tf: Timeframe): boolean {
  if ((gapBetween(neighbour.ts, candle.ts, tf)?.missing ?? 0) > GAP_RESTART_CANDLES) return false
  const far = (price: number) => price > neighbour.c * JUMP_FACTOR || price < neighbour.c / JUMP_FACTOR
  return far(candle.o) || far(candle.c)
}

/** The market's time, which a wall clock that is set back does not set back. */
export function createMarketTime(feed: Pick<Feed, 'nowMs'>, clock: Pick<Clock, 'monotonicMs'>): () => number {
  let seen = { marketMs: -Infinity, atMs: 0 }
  return () => {
    const atMs = clock.monotonicMs()
    seen = { marketMs: Math.max(feed.nowMs(), seen.marketMs + atMs - seen.atMs), atMs }
    return seen.marketMs
  }
}
