import type { Candle, Stream } from '@spark/core/market/candle'

/** A candle as the market sent it: forming (may be replaced by the next message) or closed (final). */
export interface CandleMessage {
  stream: Stream
  candle: Candle
  closed: boolean
}

/** Told by a feed as it happens. A listener must not throw. */
export interface FeedListener {
  /** In order of open time for each stream. A replay waits for what it resolves with, a live feed does not. */
  onCandle(message: CandleMessage): void | Promise<void>
  /** The feed works on, but something the operator should know happened (reconnect, rate limit, bad message). */
  onWarning(warning: FeedWarning): void
}

export interface FeedWarning {
  code:
    | 'feed_disconnected'
    | 'feed_reconnected'
    | 'feed_rate_limited'
    | 'feed_bad_message'
    | 'feed_backfill_failed'
    | 'feed_ended'
  message: string
}

/**
 * A source of candles. The contract, tested for every implementation in feed-contract.ts:
 * candles are valid, aligned to their timeframe, in order, never closed twice, and what `backfill`
 * returned for a closed candle is what the live stream said.
 */
export interface Feed {
  readonly name: string
  /** The only streams it has; absent where every symbol may be asked for. */
  readonly streams?: readonly Stream[]
  /** The market's time in ms: wall time for live feeds, the time of the data for a replay. */
  nowMs(): number
  /** The newest `count` closed candles that opened before `beforeMs`, oldest first; fewer when the source has no more. Rejects with FeedError. */
  backfill(stream: Stream, count: number, beforeMs: number): Promise<Candle[]>
  /** Starts sending messages. Resolves when subscribed; later losses are repaired by the feed itself. */
  start(streams: readonly Stream[], listener: FeedListener): Promise<void>
  /** No message is sent after this resolves. */
  stop(): Promise<void>
}

/** The source could not be asked; `retryAfterMs` when it said how long to wait. */
export class FeedError extends Error {
  readonly code = 'feed_unavailable'
  readonly retryAfterMs: number | null
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause })
    this.name = 'FeedError'
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}
