import { canonicalJson } from '../audit/canonical-json.ts'
import type { Sha256 } from '../audit/chain.ts'
import { fuseParts, type SignalParts } from '../signal/fuse.ts'
import { baseVersion, modelProblem, normalizeWeights, type Model, type Weights } from '../signal/model.ts'
import { capWeights, weightDistance, WEIGHT_CHANGE_MAX } from './cap-weights.ts'
import { KEPT_SHARE, WEIGHT_PRIOR, type LearnerState } from './learner-state.ts'
import { fitLogistic, forget, logisticLoss, type LaplaceFit } from './logistic.ts'

/** What came of a closed candle. Samples of one base asset must not overlap in time: they would count twice what happened once. */
export interface LearningSample {
  /** Such as `BTCUSDT-1h`. */
  readonly stream: string
  /** Open time of the candle, ms. */
  readonly ts: number
  readonly parts: SignalParts
  /** Whether long, and whether short, was right after costs: one, or neither. */
  readonly longHit: boolean
  readonly shortHit: boolean
}

export interface UpdateInput {
  /** The model that was in use: it made the scores that are judged, and is what the change is capped against. */
  parent: Model
  state: LearnerState
  /** The labels that matured since the last update, in any order. */
  samples: readonly LearningSample[]
  /** From ML_SIGNAL_WEIGHTS: what a person set is not learned over. */
  weightsFixed: boolean
  /** When the rollout under way began, ms; null when none is. */
  rolloutStartedMs: number | null
  nowMs: number
  /** Of the candidate, ms: the end of the week that is learned from, so that a second run makes the same document. */
  trainedAt: number
  /** Likewise; null: never. */
  expiresAt: number | null
}

/** Mean and standard deviation of a coefficient. */
export interface Estimate {
  mean: number
  deviation: number
}

export interface UpdateEvidence {
  /** Labels of this update, and of all so far. */
  labels: number
  labelsInAll: number
  /** Of them, how many say nothing of the direction: neither long nor short was right. */
  undecided: number
  fromTs: number
  toTs: number
  keptShare: number
  /** What the parent said of these candles before it had learned from them. */
  prequential: { logLoss: number; hits: number; confidMean: number }
  coefficients: Record<'intercept' | 'rsi' | 'macd' | 'trend' | 'a' | 'kappa', Estimate>
  /** Where the weights would be without the cap; null when they are fixed. */
  wantedWeights: Weights | null
  weightChange: number
  newtonSteps: { weights: number; confidence: number }
}

/** Why there is no candidate. All but the last two leave the labels for the next update. */
export type UpdateRefusal =
  | 'rollout_first_day'
  | 'no_labels'
  | 'not_converged'
  /** They are taken in, and the next update goes on from them. */
  | 'too_few_labels'
  | 'candidate_invalid'

export type WeeklyUpdate =
  | { ok: true; state: LearnerState; candidate: Model; evidence: UpdateEvidence }
  | { ok: false; state: LearnerState; refusal: UpdateRefusal; detail: string }

const FIRST_DAY_MS = 86_400_000
/** As many as a verdict needs: fewer move the weights by noise. */
export const LABELS_MIN = 200

/**
 * The weekly update (spec: calibration.md): forget towards the prior, add the new labels, cap the change of the weights; then
 * a and kappa from what the parent had said of these candles, over all weeks. Pure; the same samples in any order give the
 * same bits. The candidate is a new model version, which takes over only by a rollout.
 */
export function updateWeekly(input: UpdateInput, sha256: Sha256): WeeklyUpdate {
  const { parent, state, rolloutStartedMs, nowMs } = input
  const refuse = (refusal: UpdateRefusal, detail: string, next = state): WeeklyUpdate => ({
    ok: false,
    state: next,
    refusal,
    detail,
  })
  if (rolloutStartedMs !== null && nowMs - rolloutStartedMs < FIRST_DAY_MS)
    return refuse('rollout_first_day', 'the first 24 hours of a rollout only collect labels')
  const samples = inOrder(input.samples)
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return refuse('no_labels', 'no label has matured since the last update')
  const decided = samples.filter(({ longHit, shortHit }) => longHit !== shortHit)
  const weights = fitLogistic(
    forget(state.weights, WEIGHT_PRIOR, KEPT_SHARE),
    decided.map(({ parts, longHit }) => ({ x: [1, parts.rsi, parts.macd, parts.trend], y: longHit })),
  )
  const judged = samples.flatMap((sample) => judgeParent(parent, sample))
  const confidence = fitLogistic(
    state.confidence,
    judged.map(({ score, hit }) => ({ x: [1, Math.abs(score)], y: hit })),
  )
  if (weights === null || confidence === null) return refuse('not_converged', 'the fit found no mode; the labels stay unused')
  const next: LearnerState = {
    weights: weights.posterior,
    confidence: confidence.posterior,
    labels: state.labels + samples.length,
    window: {
      fromTs: Math.min(state.window?.fromTs ?? first.ts, first.ts),
      toTs: Math.max(state.window?.toTs ?? last.ts, last.ts),
    },
  }
  if (next.labels < LABELS_MIN)
    return refuse('too_few_labels', `${next.labels} labels so far, a candidate needs ${LABELS_MIN}`, next)
  const made = candidateOf(input, next, weights, confidence, sha256)
  const problem = modelProblem(made.candidate)
  if (problem !== null) return refuse('candidate_invalid', problem, next)
  const evidence: UpdateEvidence = {
    labels: samples.length,
    labelsInAll: next.labels,
    undecided: samples.length - decided.length,
    fromTs: first.ts,
    toTs: last.ts,
    keptShare: KEPT_SHARE,
    prequential: prequentialOf(judged),
    coefficients: estimates(weights, confidence),
    wantedWeights: made.wanted,
    weightChange: weightDistance(parent.weights, made.candidate.weights),
    newtonSteps: { weights: weights.steps, confidence: confidence.steps },
  }
  return { ok: true, state: next, candidate: made.candidate, evidence }
}

/** By time, then stream. RangeError for a sample that is there twice, or holds what is no number. */
function inOrder(samples: readonly LearningSample[]): LearningSample[] {
  const sorted = samples.toSorted((a, b) => a.ts - b.ts || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0))
  for (const [at, { ts, stream, parts }] of sorted.entries()) {
    const before = sorted[at - 1]
    if (before?.ts === ts && before.stream === stream) throw new RangeError(`the label of ${stream} at ${ts} is there twice`)
    if (![ts, parts.rsi, parts.macd, parts.trend].every((value) => Number.isFinite(value)))
      throw new RangeError(`the label of ${stream} at ${ts} holds what is no number`)
  }
  return sorted
}

interface Judged {
  score: number
  /** a + kappa · |score| of the parent. */
  logit: number
  confid: number
  hit: boolean
}

/** Nothing for a score of 0: it has no direction that could be right. */
function judgeParent(parent: Model, { parts, longHit, shortHit }: LearningSample): Judged[] {
  const { score, confid } = fuseParts(parent, parts)
  if (score === 0) return []
  return [{ score, confid, logit: parent.a + parent.kappa * Math.abs(score), hit: score > 0 ? longHit : shortHit }]
}

function prequentialOf(judged: readonly Judged[]): UpdateEvidence['prequential'] {
  let loss = 0
  let hits = 0
  let confid = 0
  for (const one of judged) {
    loss += logisticLoss(one.hit ? one.logit : -one.logit)
    hits += one.hit ? 1 : 0
    confid += one.confid
  }
  const count = Math.max(1, judged.length)
  return { logLoss: loss / count, hits, confidMean: confid / count }
}

function candidateOf(
  { parent, weightsFixed, trainedAt, expiresAt }: UpdateInput,
  { window }: LearnerState,
  { mean: [, rsi = 0, macd = 0, trend = 0] }: LaplaceFit,
  { mean: [a = Number.NaN, kappa = Number.NaN] }: LaplaceFit,
  sha256: Sha256,
): { candidate: Model; wanted: Weights | null } {
  const wanted = weightsFixed ? null : normalizeWeights({ rsi, macd, trend })
  const weights = wanted === null ? parent.weights : capWeights(parent.weights, wanted, WEIGHT_CHANGE_MAX)
  const numbers = {
    ...parent,
    weights,
    a: a + 0,
    kappa: kappa + 0,
    trainedAt,
    expiresAt,
    labelWindow: window,
    parent: parent.version,
  }
  // Named by what it holds: the same labels give the same version.
  const name = sha256(canonicalJson({ ...numbers, version: baseVersion(parent) })).slice(0, 8)
  return { candidate: Object.freeze({ ...numbers, version: `${baseVersion(parent)}+l.${name}` }), wanted }
}

function estimates(weights: LaplaceFit, confidence: LaplaceFit): UpdateEvidence['coefficients'] {
  const of = ({ mean, deviation }: LaplaceFit, at: number): Estimate => ({
    mean: mean[at] ?? Number.NaN,
    deviation: deviation[at] ?? Number.NaN,
  })
  return {
    intercept: of(weights, 0),
    rsi: of(weights, 1),
    macd: of(weights, 2),
    trend: of(weights, 3),
    a: of(confidence, 0),
    kappa: of(confidence, 1),
  }
}
