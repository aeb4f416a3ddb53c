import type { StreamCondition } from '@spark/contract/health'
import { candleFault, streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { WARM_UP_CANDLES, gapBetween } from '@spark/core/market/gap'
import { candleOpenMs, timeframeMs } from '@spark/core/market/timeframe'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { backoffMs, type Backoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import { FeedError, type CandleMessage, type Feed, type FeedWarning } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import type { CandleStore } from '../storage/candle-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { createMarketTime, messageRefusal, usableHistory, type Refusal, type Refused } from './judge-candles.ts'
import { conditionOf, lastClosedRow, newStreamState, push, rowOf, type StreamState } from './stream-state.ts'

/**
 * Candles an indicator set is warmed with. Wilder and EMA smoothing forget their start by then
 * ((49/51)^1000 < 1e-17), so a restart continues with the values it would have had.
 */
export const BACKFILL_CANDLES = 1000

const RETRY: Backoff = { firstMs: 250, maxMs: 10_000 }

export interface IngestCounters {
  /** Messages. */
  valid: number
  invalid: number
  closed: number
  gaps: number
  /** Candles that were not taken, those of histories too, by reason. */
  refused: Partial<Record<Refusal, number>>
  /** What the feed warned of, by code. */
  warnings: Partial<Record<FeedWarning['code'], number>>
}

export interface Ingest {
  /** Backfills and warms every stream. A stream whose source cannot be asked starts from stored candles. */
  prepare(): Promise<void>
  /** From now on the candles of this stream are taken. Resolves when it is backfilled and warm, as by `prepare`. */
  hold(stream: Stream): Promise<void>
  /** Its candles are taken no longer, and nothing is told of them. */
  drop(stream: Stream): void
  /** Resolves when everything that follows from the message has been done; a live feed does not wait for it. */
  onCandle(message: CandleMessage): Promise<void>
  onWarning(warning: FeedWarning): void
  /** The row to score now: the forming candle, or the last closed one; null while the stream warms up. */
  currentRow(stream: Stream): FeatureRow | null
  /**
   * Seconds since the last valid message of the worst stream; before its first one, since prepare() ended: a feed that
   * never speaks is stale too. Null before that.
   */
  stalenessS(): number | null
  /** Wall time of the last valid message of any stream, ms. */
  lastMessageMs(): number | null
  warmStreams(): number
  /** Each stream, with why it gives no row. */
  conditions(): StreamCondition[]
  counters: IngestCounters
  /** Resolves when what was received is stored and decided on, or cannot be now: nothing is tried again after this. */
  drain(): Promise<void>
}

export interface IngestDeps {
  clock: Clock
  random: Pick<Randomness, 'unit'>
  feed: Feed
  store: CandleStore
  /** Whose candles are taken from the beginning. */
  streams: readonly Stream[]
  /** Told of messages of streams that are not taken here, where other hosts take them. Without it nobody asked for them. */
  onHeard?(stream: Stream, candle: Candle, closed: boolean): void
  log: Log
  /** Told of every valid message first: prices come before decisions. */
  onPrice(stream: Stream, candle: Candle, closed: boolean): Promise<void>
  /**
   * Told of every closed candle that can be scored, once and in order, when it is stored. `missed`: it closed while nobody
   * listened, before a start; it is told of with the first price after it.
   */
  onClosedRow(stream: Stream, row: FeatureRow, missed: boolean): Promise<void>
}

interface IngestWork extends IngestDeps {
  counters: IngestCounters
  /** What of a history of the source can be right; the rest is counted. */
  usable(stream: Stream, candles: readonly Candle[]): Candle[]
  marketMs(): number
  heard: Heard
  stopped: PromiseWithResolvers<'stopped'>
}

interface Heard {
  /** Wall time of the last valid message, ms. */
  lastMessageMs: number | null
  /** Monotonic time, ms. */
  listeningSinceMs: number | null
}

/** Market messages in, feature rows out: validates, stores, fills gaps, keeps the indicators of every stream. */
export function createIngest(deps: IngestDeps): Ingest {
  const newState = (stream: Stream) => newStreamState(stream, deps.clock.monotonicMs())
  const states = new Map<string, StreamState>(deps.streams.map((stream) => [streamName(stream), newState(stream)]))
  const counters: IngestCounters = { valid: 0, invalid: 0, closed: 0, gaps: 0, refused: {}, warnings: {} }
  const marketMs = createMarketTime(deps.feed, deps.clock)
  const work: IngestWork = {
    ...deps,
    counters,
    marketMs,
    stopped: Promise.withResolvers<'stopped'>(),
    heard: { lastMessageMs: null, listeningSinceMs: null },
    usable: (stream, candles) =>
      usableHistory(candles, { tf: stream.tf, marketMs: marketMs() }, (code) => countRefused(counters, code)),
  }
  const deciding = new Set<Promise<void>>()
  return {
    counters,
    onCandle(message) {
      const state = states.get(streamName(message.stream))
      const done = state === undefined ? overhear(work, message) : takeMessage(work, state, message)
      // Messages that say nothing new share the promise of the one before.
      if (!deciding.has(done)) {
        deciding.add(done)
        const forget = () => void deciding.delete(done)
        done.then(forget, forget)
      }
      return done
    },
    onWarning(warning) {
      counters.warnings[warning.code] = (counters.warnings[warning.code] ?? 0) + 1
      deps.log.warn(warning, 'feed')
    },
    async prepare() {
      for (const state of states.values()) await begin(work, state)
      work.heard.listeningSinceMs = deps.clock.monotonicMs()
    },
    async hold(stream) {
      const state = newState(stream)
      states.set(streamName(stream), state)
      // Messages wait behind it, as behind every candle that is not taken yet.
      owe(work, state, () => begin(work, state))
      await state.work
    },
    drop(stream) {
      const state = states.get(streamName(stream))
      if (state !== undefined) state.dropped = true
      states.delete(streamName(stream))
    },
    currentRow(stream) {
      const state = states.get(streamName(stream))
      return state === undefined ? null : rowOf(state)
    },
    stalenessS: () => stalenessS(work.heard, [...states.values()], deps.clock),
    lastMessageMs: () => work.heard.lastMessageMs,
    warmStreams: () => [...states.values()].filter((state) => state.indicators.count >= WARM_UP_CANDLES).length,
    conditions: () => [...states.values()].map((state) => conditionOf(state, deps.clock.monotonicMs())),
    async drain() {
      work.stopped.resolve('stopped')
      await Promise.all([...states.values()].map((state) => state.work))
      await Promise.all(deciding)
    },
  }
}

const NOBODY: Refused = { code: 'unknown_stream', detail: 'nobody asked for it' }

function countRefused({ refused }: IngestCounters, code: Refusal): void {
  refused[code] = (refused[code] ?? 0) + 1
}

/** Of a stream that another host takes: its price is known here too. */
function overhear(work: IngestWork, message: CandleMessage): Promise<void> {
  const { stream, candle, closed } = message
  if (work.onHeard === undefined) return refuse(work, message, NOBODY)
  const fault = candleFault(candle)
  if (fault !== null) return refuse(work, message, fault)
  work.onHeard(stream, candle, closed)
  return Promise.resolve()
}

/** Backfilled and warm. A source that is away is asked again until it answers, unless stored candles do. */
async function begin(work: IngestWork, state: StreamState): Promise<void> {
  const answered = await warm(work, state)
  if (!answered && state.lastValues === null) owe(work, state, () => warmFromSource(work, state))
  else state.missed = lastClosedRow(state)
}

function refuse({ counters, log }: IngestWork, { stream, candle }: CandleMessage, { code, detail }: Refused): Promise<void> {
  counters.invalid += 1
  countRefused(counters, code)
  log.warn({ stream: streamName(stream), candle, code, detail }, 'market message refused')
  return Promise.resolve()
}

/** Resolves when everything that follows from the message has been done. */
function takeMessage(work: IngestWork, state: StreamState, message: CandleMessage): Promise<void> {
  const { stream, candle, closed } = message
  const refused = messageRefusal(candle, closed, { ...state, tf: stream.tf, marketMs: work.marketMs() })
  if (closed) state.jumps = refused?.code === 'jump' ? state.jumps + 1 : refused === null ? 0 : state.jumps
  if (refused !== null) return refuse(work, message, refused)
  work.counters.valid += 1
  work.heard.lastMessageMs = work.clock.nowMs()
  state.lastMessageMonotonicMs = work.clock.monotonicMs()
  const priced = work.onPrice(stream, candle, closed)
  const missed = closed ? null : missedBefore(state, candle)
  state.missed = null
  if (!closed) {
    state.forming = candle
    return missed === null ? priced : priced.then(() => work.onClosedRow(stream, missed, true))
  }
  work.counters.closed += 1
  let decided: Promise<void> = Promise.resolve()
  owe(work, state, async () => {
    await takeClosed(work, state, candle)
    // Only the candle just taken is decided on: what was filled in before it is history.
    const row = state.lastClosed?.ts === candle.ts && !state.dropped ? lastClosedRow(state) : null
    // Not waited for here: the next row may be scored while orders are on their way.
    if (row !== null) decided = priced.then(() => work.onClosedRow(stream, row, false))
  })
  return state.work.then(() => decided)
}

/** Work that must be done before the stream gives a row again, after what is under way. */
function owe(work: IngestWork, state: StreamState, task: () => Promise<void>): void {
  state.owed += 1
  state.work = state.work.then(() => untilDone(work, state, work.stopped.promise, task))
}

/** The row of the candle before this one, when nobody was told of it. */
function missedBefore({ missed, stream }: StreamState, candle: Candle): FeatureRow | null {
  return missed !== null && missed.ts + timeframeMs(stream.tf) === candle.ts ? missed : null
}

function stalenessS({ listeningSinceMs }: Heard, states: readonly StreamState[], clock: Clock): number | null {
  if (listeningSinceMs === null) return null
  const nowMs = clock.monotonicMs()
  return (
    (nowMs -
      Math.min(nowMs, ...states.map((state) => state.lastMessageMonotonicMs ?? Math.max(listeningSinceMs, state.heldSinceMs)))) /
    1000
  )
}

/**
 * From the source itself when it answers: stored candles may come from another one (an earlier run on the simulated
 * market), and indicators over two markets would be of neither.
 */
async function warm(deps: IngestWork, state: StreamState): Promise<boolean> {
  const { stream } = state
  try {
    await warmFromSource(deps, state)
    return true
  } catch (error) {
    if (!(error instanceof FeedError)) throw error
    deps.log.warn({ err: error, stream: streamName(stream) }, 'backfill failed; starting from stored candles of this source')
    const beforeMs = candleOpenMs(deps.feed.nowMs(), stream.tf)
    for (const candle of await deps.store.latest(stream, BACKFILL_CANDLES, beforeMs, [deps.feed.name, 'import']))
      push(state, candle)
    return false
  }
}

async function warmFromSource(deps: IngestWork, state: StreamState): Promise<void> {
  const { stream } = state
  const backfilled = await deps.feed.backfill(stream, BACKFILL_CANDLES, candleOpenMs(deps.feed.nowMs(), stream.tf))
  const candles = deps.usable(stream, backfilled)
  await storeCandles(deps, stream, candles)
  await recordGaps(deps, stream, candles)
  for (const candle of candles) push(state, candle)
  const warmNow = state.indicators.count >= WARM_UP_CANDLES
  deps.log.debug({ stream: streamName(stream), candles: state.indicators.count, warm: warmNow }, 'stream prepared')
}

/**
 * Storage that is locked or full for a while, or a source that cannot be asked for what is missing, costs no candle: it is
 * tried again until it is done or Spark stops, and the stream gives no row until then.
 */
async function untilDone(
  deps: IngestDeps,
  state: StreamState,
  stopped: Promise<'stopped'>,
  work: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      state.owed -= 1
      return
    } catch (error) {
      if (!(error instanceof StorageError || error instanceof FeedError)) throw error
      const waitMs = backoffMs(RETRY, attempt - 1, deps.random.unit())
      deps.log.error(
        { err: error, stream: streamName(state.stream), attempt, waitMs },
        'candles could not be taken; no row of this stream is scored meanwhile; trying again',
      )
      const waited = new Promise<void>((resolve) => deps.clock.after(waitMs, resolve))
      if ((await Promise.race([waited, stopped])) === 'stopped' || state.dropped) return
    }
  }
}

/** Stores the candle and feeds the indicators; candles missing before it are asked for first. */
async function takeClosed(deps: IngestWork, state: StreamState, candle: Candle): Promise<void> {
  if (candle.ts <= (state.lastClosed?.ts ?? -1)) return
  const gap = state.lastClosed === null ? null : gapBetween(state.lastClosed.ts, candle.ts, state.stream.tf)
  if (gap !== null) {
    const found = await fillGap(deps, state, gap.missing, candle.ts)
    deps.counters.gaps += 1
    for (const missing of found) push(state, missing)
  }
  await storeCandles(deps, state.stream, [candle])
  push(state, candle)
}

async function fillGap(deps: IngestWork, state: StreamState, missing: number, beforeMs: number): Promise<Candle[]> {
  const { stream } = state
  const lastTs = state.lastClosed?.ts ?? -1
  const asked = await deps.feed.backfill(stream, Math.min(missing, BACKFILL_CANDLES), beforeMs)
  const found = deps.usable(stream, asked).filter((candle) => candle.ts > lastTs && candle.ts < beforeMs)
  await storeCandles(deps, stream, found)
  await recordGaps(deps, stream, [{ ts: lastTs }, ...found, { ts: beforeMs }])
  return found
}

/** What the source was asked for and does not have between the candles it gave. */
async function recordGaps(deps: IngestDeps, stream: Stream, candles: readonly { ts: number }[]): Promise<void> {
  let previous: number | null = null
  for (const { ts } of candles) {
    const gap = previous === null ? null : gapBetween(previous, ts, stream.tf)
    if (gap !== null) {
      await deps.store.putGap(stream, gap, deps.clock.nowMs())
      deps.log.warn({ stream: streamName(stream), ...gap }, 'the market has no candles here; gap recorded')
    }
    previous = ts
  }
}

async function storeCandles(deps: IngestDeps, stream: Stream, candles: readonly Candle[]): Promise<void> {
  const { differing } = await deps.store.putAll(stream, candles, deps.feed.name)
  if (differing.length > 0)
    deps.log.warn(
      { stream: streamName(stream), differing: differing.slice(0, 10), count: differing.length },
      'the feed gives other values than stored; stored ones are kept',
    )
}
