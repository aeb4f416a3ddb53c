import { WARM_UP_CANDLES } from '@spark/core/market/gap'
import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import { FeedError, type Feed, type FeedListener } from './feed.ts'
import { candleAt, firstRowAt, type KlineColumns } from './parse-klines.ts'
import { readReplayFiles, type ReplaySeries } from './replay-files.ts'

export interface ReplayFeedOptions {
  clock: Clock
  /** Market time per real time: 3600 sends a 1h candle each second. Infinity: as fast as the listener goes. Default 60. */
  speed?: number
  /** Market time at which the replay begins; what ended before is backfill. Default: when every stream has had 250 candles. */
  startMs?: number
  /** Only these streams are loaded. Default: all that the files hold. */
  streams?: readonly Stream[]
}

const DEFAULT_SPEED = 60
/** Messages sent between two turns of the event loop, so that timers and sockets live through a replay at full speed. */
const MESSAGES_PER_TURN = 256

/** One stream on its way through the replay. */
interface Track {
  stream: Stream
  lengthMs: number
  columns: KlineColumns
  /** Row that is sent next. */
  row: number
}

/** Reads the files and makes the feed. Rejects with FeedError when they cannot be replayed. */
export async function openReplayFeed(path: string, options: ReplayFeedOptions): Promise<ReplayFeed> {
  const { speed = DEFAULT_SPEED } = options
  if (!(speed > 0)) throw new RangeError(`replay speed ${speed} is not above 0`)
  const { series } = await readReplayFiles([path], options.streams ?? null)
  return new ReplayFeed(path, series, options)
}

/** Closed candles from files, by the time of the data. Sends no forming candles: the files have none. */
export class ReplayFeed implements Feed {
  readonly name: string
  readonly streams: readonly Stream[]
  readonly #clock: Clock
  readonly #speed: number
  readonly #series: ReadonlyMap<string, ReplaySeries>
  #nowMs: number
  #listener: FeedListener | null = null
  #cancel: () => void = () => {}
  #tracks: Track[] = []

  constructor(path: string, series: readonly ReplaySeries[], options: ReplayFeedOptions) {
    this.name = `replay:${path}`
    this.streams = series.map(({ stream }) => stream)
    this.#clock = options.clock
    this.#speed = options.speed ?? DEFAULT_SPEED
    this.#series = new Map(series.map((one) => [streamName(one.stream), one]))
    this.#nowMs = options.startMs ?? defaultStartMs(series)
  }

  nowMs(): number {
    return this.#nowMs
  }

  backfill(stream: Stream, count: number, beforeMs: number): Promise<Candle[]> {
    const series = this.#series.get(streamName(stream))
    if (series === undefined) return Promise.reject(new FeedError(`${this.name} has no candles of ${streamName(stream)}`))
    const lastOpenMs = Math.min(beforeMs - 1, this.#nowMs - timeframeMs(stream.tf))
    const end = firstRowAt(series.columns, lastOpenMs + 1)
    const start = Math.max(0, end - count)
    return Promise.resolve(Array.from({ length: end - start }, (_, index) => candleAt(series.columns, start + index)))
  }

  start(streams: readonly Stream[], listener: FeedListener): Promise<void> {
    if (this.#listener !== null) return Promise.reject(new Error('the replay is already started'))
    const unknown = streams.filter((stream) => !this.#series.has(streamName(stream)))
    if (unknown.length > 0)
      return Promise.reject(new FeedError(`${this.name} has no candles of ${unknown.map(streamName).join(', ')}`))
    this.#tracks = streams.map((stream) => this.#track(stream))
    this.#listener = listener
    this.#scheduleNext()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#cancel()
    this.#listener = null
    return Promise.resolve()
  }

  #track(stream: Stream): Track {
    const columns = (this.#series.get(streamName(stream)) as ReplaySeries).columns
    const lengthMs = timeframeMs(stream.tf)
    return { stream, lengthMs, columns, row: firstRowAt(columns, this.#nowMs - lengthMs + 1) }
  }

  #scheduleNext(): void {
    const track = this.#nextTrack()
    if (track === null) {
      this.#listener?.onWarning({ code: 'feed_ended', message: `${this.name} has no more candles` })
      return
    }
    this.#cancel = this.#clock.after(Math.max(0, endMs(track) - this.#nowMs) / this.#speed, () => {
      void this.#sendDue().then(() => {
        if (this.#listener !== null) this.#scheduleNext()
      })
    })
  }

  /** All candles that end at the same time; at full speed as many as a turn may hold. */
  async #sendDue(): Promise<void> {
    let sent = 0
    for (;;) {
      const track = this.#nextTrack()
      if (track === null || this.#listener === null) return
      const due = sent === 0 || endMs(track) <= this.#nowMs || (this.#speed === Infinity && sent < MESSAGES_PER_TURN)
      if (!due) return
      this.#nowMs = endMs(track)
      const candle = candleAt(track.columns, track.row++)
      await this.#listener.onCandle({ stream: track.stream, candle, closed: true })
      sent++
    }
  }

  /** The stream whose next candle ends first; among equals the one named first. Null at the end of the data. */
  #nextTrack(): Track | null {
    let first: Track | null = null
    for (const track of this.#tracks)
      if (track.row < track.columns.length && (first === null || endMs(track) < endMs(first))) first = track
    return first
  }
}

function endMs(track: Track): number {
  return (track.columns.ts[track.row] as number) + track.lengthMs
}

/** The end of the 250th candle of the stream that has it last; streams with fewer are passed over. */
function defaultStartMs(series: readonly ReplaySeries[]): number {
  const ends = series.map(({ stream, columns }) => {
    const row = Math.min(WARM_UP_CANDLES, columns.length) - 1
    return { enough: columns.length > WARM_UP_CANDLES, endMs: (columns.ts[row] ?? 0) + timeframeMs(stream.tf) }
  })
  const enough = ends.filter((end) => end.enough)
  if (enough.length > 0) return Math.max(...enough.map((end) => end.endMs))
  return Math.min(...series.map(({ stream, columns }) => (columns.ts[0] ?? 0) + timeframeMs(stream.tf)))
}
