import { parseTime } from '@spark/contract/time'
import { streamName, type Stream } from '@spark/core/market/candle'
import { WARM_UP_CANDLES } from '@spark/core/market/gap'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { FeedError, type Feed } from '../feed/feed.ts'
import { firstRowAt } from '../feed/parse-klines.ts'
import { ReplayFeed } from '../feed/replay-feed.ts'
import { readReplayFiles, type ReplaySeries } from '../feed/replay-files.ts'
import { distinctStreams } from '../streams.ts'
import { START_MS, type Market } from './markets.ts'

export interface RecordedMarket extends Market {
  /** Without the strategies whose candles the data does not give. */
  config: Config
  /** Market time per rehearsed time. */
  speed: number
  /** Time of the data at which the rehearsal begins, ms. */
  fromMs: number
  /** What the data lacks, in words. */
  lacks: readonly string[]
}

export interface RecordedMarketOptions {
  /** Null: a candle of the canary stream comes every 10 s. */
  speed: number | null
  /** The data must last so long, ms of rehearsed time. */
  lastsMs: number
  /** A stream that is silent for longer is stale, ms of rehearsed time. */
  freshMs: number
}

/** The period of the data that is rehearsed on. */
interface Period extends RecordedMarketOptions {
  speed: number
  fromMs: number
}

const CANDLE_EVERY_MS = 10_000
const NAMED_MAX = 10
const HOUR = 3_600_000

/**
 * Candles from files. The canary stream says when it begins: after its warm-up, or at `replay.start` of the plan file. Rejects with
 * FeedError, with the arithmetic, when the canary stream cannot be rehearsed on.
 */
export async function recordedMarket(
  config: Config,
  paths: readonly string[],
  options: RecordedMarketOptions,
): Promise<RecordedMarket> {
  const wanted = distinctStreams([config.canary, ...config.file.strategies])
  const { series } = await readReplayFiles(paths, wanted)
  const canary = series.find(({ stream }) => streamName(stream) === streamName(config.canary))
  if (canary === undefined)
    throw new FeedError(
      `the data has no candles of the canary stream ${streamName(config.canary)}; set CANARY_SYMBOL and CANARY_TIMEFRAME to a stream it has`,
    )
  const speed = options.speed ?? timeframeMs(config.canary.tf) / CANDLE_EVERY_MS
  const period: Period = { ...options, speed, fromMs: fromMsOf(config, canary) }
  const wrong = unfitness(canary, period)
  if (wrong !== null) throw new FeedError(`the canary stream ${streamName(config.canary)}: ${wrong}`)
  const unfit = new Map<string, string | null>(wanted.map((stream) => [streamName(stream), 'not in the data']))
  for (const one of series) unfit.set(streamName(one.stream), unfitness(one, period))
  const kept = series.filter(({ stream }) => unfit.get(streamName(stream)) === null)
  const strategies = config.file.strategies.filter((strategy) => unfit.get(streamName(strategy)) === null)
  return {
    config: { ...config, file: { ...config.file, strategies } },
    speed,
    fromMs: period.fromMs,
    lacks: [...lackTexts(config.file.strategies, unfit), ...kept.flatMap((one) => silenceText(one, period))],
    streams: kept.map(({ stream }) => stream),
    startMs: START_MS,
    openFeed: openReplay(paths.join(', '), kept, period),
  }
}

/** The market goes on while nobody listens. */
function openReplay(name: string, series: readonly ReplaySeries[], { speed, fromMs }: Period): (clock: Clock) => Feed {
  let firstMs: number | null = null
  return (clock) => {
    firstMs ??= clock.monotonicMs()
    return new ReplayFeed(name, series, { clock, speed, startMs: fromMs + (clock.monotonicMs() - firstMs) * speed })
  }
}

function fromMsOf({ file, canary: stream }: Config, { columns }: ReplaySeries): number {
  const start = file.replay?.start
  const startMs = start === undefined ? null : parseTime(start)
  if (startMs !== null) return startMs
  return (columns.ts[Math.min(WARM_UP_CANDLES, columns.length) - 1] ?? 0) + timeframeMs(stream.tf)
}

/** Why a rehearsal cannot do with these candles, or null. */
function unfitness({ stream, columns }: ReplaySeries, { speed, fromMs, lastsMs, freshMs }: Period): string | null {
  const lengthMs = timeframeMs(stream.tf)
  const before = firstRowAt(columns, fromMs - lengthMs + 1)
  if (before < WARM_UP_CANDLES)
    return `${before} candles before ${minute(fromMs)}, and the warm-up takes ${WARM_UP_CANDLES}; begin later with replay.start in the plan file, or give earlier files`
  if (lengthMs / speed > freshMs)
    return `a candle every ${seconds(lengthMs / speed)} at speed ${speed}, stale after ${seconds(freshMs)}; it needs --speed ${Math.ceil(lengthMs / freshMs)} or more`
  const haveMs = (columns.ts.at(-1) ?? 0) + lengthMs - fromMs
  if (haveMs / speed < lastsMs)
    return `the data ends after ${hours(haveMs / speed)} at speed ${speed}, and the rehearsal may take ${hours(lastsMs)}; give more files, or --speed ${Math.floor(haveMs / lastsMs)} or less`
  return null
}

/** Each stream that is left out, with its strategies. */
function lackTexts(strategies: readonly Stream[], unfit: ReadonlyMap<string, string | null>): string[] {
  const lost = [...unfit].flatMap(([name, why]) => {
    const count = strategies.filter((strategy) => streamName(strategy) === name).length
    return why === null || count === 0 ? [] : [{ name, why, count }]
  })
  return [...Map.groupBy(lost, ({ why }) => why)].map(([why, streams]) => {
    const count = streams.reduce((sum, one) => sum + one.count, 0)
    const named = streams.slice(0, NAMED_MAX).map(({ name }) => name)
    const more = streams.length > NAMED_MAX ? [`${streams.length - NAMED_MAX} more streams`] : []
    return `${count} of ${strategies.length} strategies are left out; ${why}: ${[...named, ...more].join(', ')}`
  })
}

/** What the exchange lacked itself, when it is long enough to be felt. */
function silenceText({ stream, columns }: ReplaySeries, { speed, fromMs, lastsMs, freshMs }: Period): string[] {
  const lengthMs = timeframeMs(stream.tf)
  let longestMs = 0
  let sinceMs = 0
  for (let row = firstRowAt(columns, fromMs) + 1; row < columns.length; row++) {
    const [before = 0, ts = 0] = [columns.ts[row - 1], columns.ts[row]]
    if (ts > fromMs + lastsMs * speed) break
    if (ts - before <= longestMs) continue
    longestMs = ts - before
    sinceMs = before
  }
  if (longestMs <= lengthMs || longestMs / speed <= freshMs) return []
  return [
    `${streamName(stream)} lacks ${longestMs / lengthMs - 1} candles after ${minute(sinceMs)}: ${seconds(longestMs / speed)} of silence at speed ${speed}, an outage that the rehearsal lives through`,
  ]
}

const minute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`
const hours = (ms: number): string => `${Math.round(ms / (HOUR / 10)) / 10} h`
