import {
  createLabelStream,
  pushStreamCandle,
  warmLabelStream,
  type LabelStream,
  type ModelLabel,
} from '@spark/core/calibration/label-stream'
import type { BarrierRule } from '@spark/core/calibration/labels'
import { streamName, type Stream } from '@spark/core/market/candle'
import { candleOpenMs } from '@spark/core/market/timeframe'
import type { ModelVerdict } from '@spark/core/rollout/state'
import { told } from '@spark/contract/told'
import type { Model } from '@spark/core/signal/model'
import type { ReadMarkers } from '../../calibration-markers.ts'
import type { CandleStore } from '../../storage/candle-store.ts'
import type { LabelStore, StoredLabelStream } from '../../storage/label-store.ts'
import type { ModelStore } from '../../storage/model-store.ts'
import type { RolloutStore } from '../../storage/rollout-store.ts'
import type { StrategyStore } from '../../storage/strategy-store.ts'
import { BACKFILL_CANDLES } from '../ingest.ts'
import { mainStreams } from '../../main-streams.ts'
import { countRounds } from './count-rounds.ts'
import { followedModels } from './followed-models.ts'

/** Candles of a stream that are taken in one transaction. */
const CANDLES_AT_ONCE = 200

export interface LabelDeps {
  labels: LabelStore
  candles: Pick<CandleStore, 'latest' | 'after'>
  models: Pick<ModelStore, 'list' | 'aliases'>
  rollouts: Pick<RolloutStore, 'newest'>
  strategies: Pick<StrategyStore, 'list'>
  markers: () => Promise<Pick<ReadMarkers, 'leftOut' | 'problems'>>
  streams: readonly Stream[]
  /** The feed whose market it is; candles of another one do not continue these. */
  source: string
  rule: BarrierRule
  baseAsset: (symbol: string) => string
  marketMs: () => number
  clock: { nowMs(): number }
  /** Told at every run what is thought of a model. */
  onVerdict: (model: string, verdict: ModelVerdict) => Promise<void>
}

/**
 * Labels what was decided on the candles that closed since the last time, for every model that is looked at, and adds rounds of
 * labels to the evidence on them. All of it follows from stored candles: what a crash interrupts is done by the next run, once.
 */
export async function matureLabels(deps: LabelDeps): Promise<string> {
  const models = await followedModels(deps)
  const known = new Map((await deps.labels.streams()).map((one) => [streamName(one.stream), one]))
  let matured = 0
  for (const stream of deps.streams) {
    const stored = known.get(streamName(stream))
    const goesOn = stored?.source === deps.source
    const moved = goesOn ? await moveStream(deps, stored, models) : await beginStream(deps, stream, stored?.lastTs ?? null)
    matured += moved.labels
    if (moved.stream === null) known.delete(streamName(stream))
    else known.set(streamName(stream), moved.stream)
  }
  const judged = mainStreams(deps.streams, await deps.strategies.list(), deps.baseAsset).map(streamName)
  const { leftOut, problems } = await deps.markers()
  const said: string[] = []
  for (const { version } of models) {
    const { rounds, verdict } = await countRounds(deps, version, {
      streams: [...known.values()],
      judged: new Set(judged),
      leftOut,
    })
    await deps.onVerdict(version, verdict)
    said.push(told('model_judged', { model: version, verdict, rounds }))
  }
  const unread = problems.map((words) => told('marker_unread', { words }))
  return told('labelled', { count: matured, told: [...said, ...unread].join('; ') })
}

interface Moved {
  labels: number
  /** Null: it has no candles yet, or somebody else has moved it. */
  stream: StoredLabelStream | null
}

/** Indicators from history; what is decided on begins with the candle after it. */
async function beginStream(deps: LabelDeps, stream: Stream, fromTs: number | null): Promise<Moved> {
  const { candles, labels, source, marketMs, clock } = deps
  const history = await candles.latest(stream, BACKFILL_CANDLES, candleOpenMs(marketMs(), stream.tf), sourcesOf(deps))
  const state = createLabelStream(stream.tf)
  for (const candle of history) warmLabelStream(state, candle)
  const lastTs = history.at(-1)?.ts
  if (lastTs === undefined) return { labels: 0, stream: null }
  const next = { stream, source, lastTs, state }
  const saved = await labels.saveStream(next, { fromTs, labels: [], nowMs: clock.nowMs() })
  return { labels: 0, stream: saved ? next : null }
}

async function moveStream(deps: LabelDeps, from: StoredLabelStream, models: readonly Model[]): Promise<Moved> {
  const { stream, source } = from
  const state: LabelStream = structuredClone(from.state)
  let [lastTs, count] = [from.lastTs, 0]
  for (;;) {
    const candles = await deps.candles.after(stream, lastTs, CANDLES_AT_ONCE, sourcesOf(deps))
    if (candles.length === 0) return { labels: count, stream: { stream, source, lastTs, state } }
    const due: ModelLabel[] = candles.flatMap((candle) => pushStreamCandle(state, candle, { models, rule: deps.rule }))
    const next = { stream, source, lastTs: candles.at(-1)?.ts ?? lastTs, state }
    if (!(await deps.labels.saveStream(next, { fromTs: lastTs, labels: due, nowMs: deps.clock.nowMs() })))
      return { labels: count, stream: null }
    lastTs = next.lastTs
    count += due.length
  }
}

const sourcesOf = ({ source }: LabelDeps): string[] => [source, 'import']
