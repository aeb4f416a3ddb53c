import type { Candle } from '@spark/core/market/candle'

/** What an update from the websocket means for its stream. */
export type SequenceStep =
  | { kind: 'forming'; candle: Candle }
  | { kind: 'closed'; closed: Candle; forming: Candle }
  /** The candle was closed before. */
  | { kind: 'late'; expected: boolean }
  /** Candles before this one are missing or doubtful: they must be fetched. */
  | { kind: 'fetch' }

/**
 * The order of one stream: which candle closes next, and whether what is known of it is final. Pure state, no input or output.
 * A candle is closed by its successor when every update up to it was received, else by what was fetched; each exactly once.
 */
export class CandleSequence {
  readonly #lengthMs: number
  /** Open time of the candle that closes next. */
  #expectedTs: number
  #forming: Candle | null = null
  /** An update may have been missed since `#forming` was received. */
  #doubtful = false
  /** The newest candle seen while older ones are being fetched. */
  #ahead: Candle | null = null
  /** The last candle that was closed by fetching: its own updates may still be on their way. */
  #fetchedTs = -1

  constructor(lengthMs: number, expectedTs: number) {
    this.#lengthMs = lengthMs
    this.#expectedTs = expectedTs
  }

  get expectedTs(): number {
    return this.#expectedTs
  }

  get expectedEndMs(): number {
    return this.#expectedTs + this.#lengthMs
  }

  /** The newest open time that the exchange has shown by websocket. */
  get seenTs(): number {
    return Math.max(this.#ahead?.ts ?? -1, this.#forming?.ts ?? -1)
  }

  /** The connection was lost or a message was dropped. */
  doubt(): void {
    this.#doubtful = true
  }

  /** Takes a valid candle from the websocket. */
  update(candle: Candle): SequenceStep {
    if (candle.ts < this.#expectedTs) return { kind: 'late', expected: candle.ts <= this.#fetchedTs }
    if (candle.ts === this.#expectedTs) {
      this.#forming = candle
      this.#doubtful = false
      return { kind: 'forming', candle }
    }
    const closed = this.#forming
    if (closed !== null && !this.#doubtful && candle.ts === this.expectedEndMs) {
      this.#advance(candle.ts, candle)
      return { kind: 'closed', closed, forming: candle }
    }
    if (this.#ahead === null || candle.ts >= this.#ahead.ts) this.#ahead = candle
    return { kind: 'fetch' }
  }

  /**
   * Takes fetched candles, oldest first, as of `nowMs`: those to send as closed, and the forming one if it is known.
   * Missing candles with a later closed one behind them do not exist at the exchange and are passed over.
   */
  fetched(candles: readonly Candle[], nowMs: number): { closed: Candle[]; forming: Candle | null } {
    const closed = candles.filter((candle) => candle.ts >= this.#expectedTs && candle.ts + this.#lengthMs <= nowMs)
    const last = closed.at(-1)
    if (last !== undefined) {
      this.#fetchedTs = last.ts
      this.#advance(last.ts + this.#lengthMs, candles.find((candle) => candle.ts === last.ts + this.#lengthMs) ?? null)
    }
    if (this.#ahead !== null && this.#ahead.ts === this.#expectedTs) this.#advance(this.#expectedTs, this.#ahead)
    return { closed, forming: last === undefined ? null : this.#forming }
  }

  /** Gives up on what is missing before the candle that the websocket is at. The forming candle. */
  skipToAhead(): Candle | null {
    if (this.#ahead !== null) this.#advance(this.#ahead.ts, this.#ahead)
    return this.#forming
  }

  #advance(expectedTs: number, forming: Candle | null): void {
    this.#expectedTs = expectedTs
    this.#forming = forming
    this.#doubtful = false
    if (this.#ahead !== null && this.#ahead.ts <= expectedTs) this.#ahead = null
  }
}
