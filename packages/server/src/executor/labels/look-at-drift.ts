import { told } from '@spark/contract/told'
import { isLeftOut } from '@spark/core/calibration/leave-out'
import {
  driftBlockMs,
  DRIFT_WINDOW_MS,
  featureDrifts,
  firstDaysMs,
  referenceOf,
  type FeatureDrift,
  type FeatureSample,
} from '@spark/core/calibration/feature-drift'
import type { Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { Model } from '@spark/core/signal/model'
import type { DriftStore, StoredReference } from '../../storage/drift-store.ts'
import { mainStreams } from '../../main-streams.ts'
import { followedModels } from './followed-models.ts'
import type { LabelDeps } from './mature-labels.ts'

const DAY_MS = 86_400_000
/** The same labels give the same threshold. */
const SEED = 1

export interface DriftDeps extends Omit<LabelDeps, 'labels' | 'candles' | 'source' | 'onVerdict'> {
  drift: DriftStore
  labels: Pick<LabelDeps['labels'], 'firstEntryMs'>
  /** Told of each model that was looked at. */
  onDrift: (model: string, drifted: readonly FeatureDrift[]) => Promise<void>
}

/** Compares the features of the last seven days with those that a model was made on. It warns; it decides nothing. */
export async function lookAtDrift(deps: DriftDeps): Promise<string> {
  const said: string[] = []
  for (const model of await followedModels(deps)) said.push(await lookAt(deps, model))
  return said.join('; ')
}

async function lookAt(deps: DriftDeps, model: Model): Promise<string> {
  const { version } = model
  const reference = (await deps.drift.reference(version)) ?? (await makeReference(deps, model))
  if (reference === null) return told('drift_unready', { model: version })
  const toMs = lookedToMs(deps, reference.streams)
  const samples = await samplesOf(deps, version, { ...reference, fromMs: toMs - DRIFT_WINDOW_MS, toMs })
  const features = featureDrifts(reference.features, samples, SEED)
  if (features.length === 0) {
    // What was found before is not what the last seven days show.
    await deps.onDrift(version, [])
    return told('drift_few', { model: version })
  }
  await deps.drift.putLook(version, { ts: toMs, features })
  const drifted = features.filter((one) => one.drifted)
  await deps.onDrift(version, drifted)
  if (drifted.length === 0) return told('drift_none', { model: version })
  return told('drift_found', { model: version, features: drifted.map(({ feature }) => feature).join(', ') })
}

/** The last midnight whose decisions all have their labels by now, so that a look can be made again. */
function lookedToMs({ marketMs, rule }: DriftDeps, streams: readonly Stream[]): number {
  const longestMs = Math.max(...streams.map(({ tf }) => timeframeMs(tf)))
  return Math.floor((marketMs() - (rule.expiryCandles + 1) * longestMs) / DAY_MS) * DAY_MS
}

/** Null while its time is not over, or holds too little. */
async function makeReference(deps: DriftDeps, model: Model): Promise<StoredReference | null> {
  const streams = mainStreams(deps.streams, await deps.strategies.list(), deps.baseAsset)
  if (streams.length === 0) return null
  const blockMs = driftBlockMs(Math.max(...streams.map(({ tf }) => timeframeMs(tf))))
  const time = await referenceTime(deps, model, firstDaysMs(blockMs))
  if (time === null || time.toMs > lookedToMs(deps, streams)) return null
  const samples = await samplesOf(deps, time.model, { ...time, streams })
  const features = referenceOf(samples, blockMs)
  if (features === null) return null
  const { origin, fromMs, toMs } = time
  const reference = { origin, fromMs, toMs, values: samples.length, streams, features }
  await deps.drift.putReference(model.version, reference, deps.clock.nowMs())
  return reference
}

/** The training window of a model, on the labels of its parent; of one that was not trained its own first weeks. */
async function referenceTime(
  { labels }: DriftDeps,
  { version, parent, labelWindow }: Model,
  firstMs: number,
): Promise<(Pick<StoredReference, 'origin' | 'fromMs' | 'toMs'> & { model: string }) | null> {
  if (labelWindow !== null && parent !== null)
    return { model: parent, origin: 'training', fromMs: labelWindow.fromTs, toMs: labelWindow.toTs + 1 }
  const fromMs = await labels.firstEntryMs(version)
  return fromMs === null ? null : { model: version, origin: 'first_weeks', fromMs, toMs: fromMs + firstMs }
}

/** Outside marked times. */
async function samplesOf(
  { drift, markers, rule }: DriftDeps,
  model: string,
  { streams, fromMs, toMs }: Pick<StoredReference, 'streams' | 'fromMs' | 'toMs'>,
): Promise<FeatureSample[]> {
  const { leftOut } = await markers()
  const samples: FeatureSample[] = []
  for (const stream of streams)
    for (const sample of await drift.samples(model, stream, fromMs, toMs)) {
      const entered = { tf: stream.tf, entryMs: sample.ts, expiryCandles: rule.expiryCandles }
      if (!isLeftOut(leftOut, entered)) samples.push(sample)
    }
  return samples
}
