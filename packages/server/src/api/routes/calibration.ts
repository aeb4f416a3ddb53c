import type { FastifyInstance } from 'fastify'
import type { CalibrationParts, CalibrationReliability, CalibrationVerdict } from '@spark/contract/calibration'
import { BASELINE } from '@spark/core/calibration/label-stream'
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
import { streamName } from '@spark/core/market/candle'
import type { LabelStore, StoredCounter } from '../../storage/label-store.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

const DAY_MS = 86_400_000
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
  handle(app, 'calibrationVerdict', async ({ query }) => verdictOf(labels, await modelOf(query.model), deps.clock.nowMs()))
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

async function verdictOf(labels: LabelStore, model: string, nowMs: number): Promise<CalibrationVerdict> {
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
