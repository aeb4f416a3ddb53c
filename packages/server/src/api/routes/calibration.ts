import type { FastifyInstance } from 'fastify'
import type { CalibrationDrift, CalibrationParts, CalibrationReliability, CalibrationVerdict } from '@spark/contract/calibration'
import { BASELINE } from '@spark/core/calibration/label-stream'
import { DRIFT_WINDOW_MS } from '@spark/core/calibration/feature-drift'
import { counterMeans, createCounter, mergeCounters } from '@spark/core/calibration/counter'
import { addOutcome, addScore, createPartSums, partFigures } from '@spark/core/calibration/parts'
import { calibrationNull, reliabilityOf } from '@spark/core/calibration/reliability'
import {
  concludesAtMs,
  createEvidence,
  labelsToConclude,
  PROVEN_LABELS_MIN,
  verdictFigures,
} from '@spark/core/calibration/verdict'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { mergePeriods, type LeftOutPeriod } from '@spark/core/calibration/leave-out'
import { streamName } from '@spark/core/market/candle'
import { TIMEFRAMES, timeframeMs } from '@spark/core/market/timeframe'
import { readMarkers } from '../../calibration-markers.ts'
import type { LabelStore, StoredCounter } from '../../storage/label-store.ts'
import { pastVerdicts } from '../../storage/verdict-history.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

const DAY_MS = 86_400_000
const MARKERS_SHOWN = 1000
const VERDICTS_SHOWN = 400
/** Labels that shares and correlations of parts are taken from. */
const PART_LABELS = 5000
/** The same labels give the same figures, whoever asks. */
const SEED = 1

/** What became of decisions, from the labels; null and empty where there are none. */
export function calibrationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { labels } = deps.desk
  const { models } = deps.apply
  const modelOf = async (asked: string | undefined): Promise<string> => {
    if (asked !== undefined && asked !== BASELINE && (await models.get(asked)) === null)
      throw new ApiProblem('unknown_id', `no model ${asked}`)
    return asked ?? deps.rollout.now().modelVersion ?? deps.models.champion().version
  }
  handle(app, 'calibrationVerdict', async ({ query }) => {
    const model = await modelOf(query.model)
    const { leftOut: periods } = await readMarkers(deps.config.dataDir)
    const leftOut = await labelsLeftOut(labels, model, periods)
    return { ...(await verdictOf(labels, model, deps.clock.nowMs())), leftOut }
  })
  handle(app, 'calibrationDrift', async ({ query }) => driftOf(deps.drift, await modelOf(query.model)))
  handle(app, 'calibrationMarkers', async () => {
    const { markers, problems } = await readMarkers(deps.config.dataDir)
    const shown = markers.toSorted((a, b) => b.fromMs - a.fromMs || b.line - a.line).slice(0, MARKERS_SHOWN)
    return { markers: shown.map(({ fromMs: from, toMs: to, ...marker }) => ({ ...marker, from, to })), problems }
  })
  handle(app, 'calibrationHistory', async ({ query }) => {
    const model = await modelOf(query.model)
    return { model, items: await pastVerdicts(deps.desk.db, model, VERDICTS_SHOWN) }
  })
  handle(app, 'calibrationReliability', async ({ query }) => {
    const model = await modelOf(query.model)
    return reliability(model, await labels.counters(model, query.labels !== 'all'))
  })
  handle(app, 'calibrationParts', async ({ query }) => {
    const model = await modelOf(query.model)
    const document = (await models.get(model))?.document ?? null
    return partsOf(labels, model, document?.weights ?? { rsi: 0, macd: 0, trend: 0 })
  })
}

async function driftOf(drift: ApiDeps['drift'], model: string): Promise<CalibrationDrift> {
  const known = await drift.reference(model)
  const look = await drift.newestLook(model)
  const reference = known && { origin: known.origin, from: known.fromMs, to: known.toMs, values: known.values }
  const time = { from: look && look.ts - DRIFT_WINDOW_MS, to: look && look.ts }
  return { model, reference, ...time, features: look?.features ?? [] }
}

async function labelsLeftOut(labels: LabelStore, model: string, periods: readonly LeftOutPeriod[]): Promise<number> {
  let count = 0
  for (const tf of TIMEFRAMES) {
    // Those whose time until the expiry touches a period, each once.
    const reachMs = DEFAULT_BARRIERS.expiryCandles * timeframeMs(tf)
    const entered = mergePeriods(periods.map(({ fromMs, toMs }) => ({ fromMs: fromMs - reachMs, toMs })))
    for (const { fromMs, toMs } of entered) count += await labels.enteredBetween(model, tf, fromMs, toMs)
  }
  return count
}

async function verdictOf(labels: LabelStore, model: string, nowMs: number): Promise<Omit<CalibrationVerdict, 'leftOut'>> {
  const stored = await labels.evidence(model)
  const firstMs = await labels.firstEntryMs(model)
  const evidence = stored?.evidence ?? createEvidence(DEFAULT_BARRIERS)
  const spanMs = stored === null || firstMs === null ? 0 : stored.roundsTo - firstMs
  const labelsPerDay = spanMs > 0 ? (evidence.labels / spanMs) * DAY_MS : null
  return {
    model,
    ...verdictFigures(evidence),
    provenLabelsMin: PROVEN_LABELS_MIN,
    labelsPerDay,
    labelsToConclude: labelsToConclude(evidence),
    concludesAt: concludesAtMs(evidence, labelsPerDay ?? 0, nowMs),
  }
}

function reliability(model: string, counters: readonly StoredCounter[]): CalibrationReliability {
  const found = reliabilityOf(counters)
  return {
    model,
    labels: found?.counter.labels ?? 0,
    means: found?.means ?? null,
    ambiguous: found?.counter.ambiguous ?? 0,
    points: (found?.points ?? []).map(({ interval, ...point }) => ({ ...point, ...interval })),
    brierParts: found?.brierParts ?? null,
    calibrationError: found?.calibrationError ?? null,
    calibrated: found === null ? null : calibrationNull(found, SEED),
    streams: [...Map.groupBy(counters, ({ stream }) => streamName(stream)).values()].flatMap((own) => {
      const counter = own.reduce((sum, one) => mergeCounters(sum, one.counter), createCounter())
      const means = counterMeans(counter)
      const [first] = own
      if (first === undefined || means === null) return []
      const { hitRate, breakEven, netReturn } = means
      return [{ ...first.stream, labels: counter.labels, hitRate, breakEven, netReturn }]
    }),
  }
}

async function partsOf(
  labels: LabelStore,
  model: string,
  weights: { rsi: number; macd: number; trend: number },
): Promise<CalibrationParts> {
  const sums = createPartSums()
  for (const { label } of (await labels.newest(model, PART_LABELS)).toReversed()) {
    addScore(sums, weights, label.parts)
    addOutcome(sums, label.parts, label.direction * (label.netReturn + label.costRate))
  }
  const { labels: count, shares, dominant, correlations, withOutcome } = partFigures(sums)
  return { model, labels: count, shares, dominant, correlations, withOutcome }
}
