import type { StreamCondition } from '@spark/contract/health'
import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { WARM_UP_CANDLES } from '@spark/core/market/gap'
import {
  createIndicatorSet,
  peekCandle,
  pushCandle,
  type IndicatorSet,
  type IndicatorValues,
} from '@spark/core/indicators/indicator-set'
import { featureRow, type FeatureRow } from '@spark/core/signal/feature-row'

/** What is known of a stream whose candles are taken. */
export interface StreamState {
  stream: Stream
  indicators: IndicatorSet
  lastClosed: Candle | null
  lastValues: IndicatorValues | null
  forming: Candle | null
  lastMessageMonotonicMs: number | null
  /** Closed candles that were refused as `jump` since the last good one. */
  jumps: number
  /** Row of the candle that closed last before the feed was listened to, until the one after it is heard of. */
  missed: FeatureRow | null
  /** Closed candles are stored and pushed one after the other. */
  work: Promise<void>
  /** Closed candles received and not in the indicators yet: while there is one, no row is true. */
  owed: number
  /** Monotonic ms: since then its messages are taken. */
  heldSinceMs: number
  /** Its candles are taken no longer: nothing is tried again. */
  dropped: boolean
}

export function newStreamState(stream: Stream, heldSinceMs: number): StreamState {
  return {
    stream,
    indicators: createIndicatorSet(stream.tf),
    lastClosed: null,
    lastValues: null,
    forming: null,
    lastMessageMonotonicMs: null,
    jumps: 0,
    missed: null,
    work: Promise.resolve(),
    owed: 0,
    heldSinceMs,
    dropped: false,
  }
}

/** The row to score now: of the forming candle, or of the closed one. */
export function rowOf(state: StreamState): FeatureRow | null {
  const { stream, indicators, forming, lastClosed, lastValues } = state
  if (state.owed > 0) return null
  if (forming !== null && forming.ts > (lastClosed?.ts ?? -1)) {
    const values = peekCandle(indicators, forming)
    return values === null ? null : featureRow(stream, forming, values)
  }
  return lastClosed === null || lastValues === null ? null : featureRow(stream, lastClosed, lastValues)
}

/** The row of the candle that closed last. */
export function lastClosedRow({ stream, lastClosed, lastValues }: StreamState): FeatureRow | null {
  return lastClosed === null || lastValues === null ? null : featureRow(stream, lastClosed, lastValues)
}

export function conditionOf(state: StreamState, nowMs: number): StreamCondition {
  const { stream, indicators, lastClosed, lastMessageMonotonicMs } = state
  const warming = indicators.count < WARM_UP_CANDLES ? `${indicators.count} of ${WARM_UP_CANDLES} candles` : null
  const owed = state.owed > 0 ? 'closed candles are not stored yet' : null
  return {
    stream: streamName(stream),
    candles: indicators.count,
    lastClosedTs: lastClosed?.ts ?? null,
    lastMessageAgeS: lastMessageMonotonicMs === null ? null : Math.round((nowMs - lastMessageMonotonicMs) / 100) / 10,
    problem: owed ?? warming ?? (rowOf(state) === null ? 'no row' : null),
  }
}

export function push(state: StreamState, candle: Candle): void {
  if (candle.ts <= (state.lastClosed?.ts ?? -1)) return
  state.lastValues = pushCandle(state.indicators, candle)
  state.lastClosed = candle
}
