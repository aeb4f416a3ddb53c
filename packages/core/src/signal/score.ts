import type { Timeframe } from '../market/timeframe.ts'
import { decide, mlBucket, type Decision } from './decision.ts'
import { FEATURE_VERSION } from './feature-row.ts'
import { fuse, type SignalParts } from './fuse.ts'
import { checkGuardrails, GUARDRAILS, type Guardrail, type GuardrailReason, type GuardrailVerdict } from './guardrails.ts'
import type { Model } from './model.ts'
import { parseFeature, type FeatureEcho, type FeatureProblem } from './parse-feature.ts'

export type ScoringMode = 'off' | 'preview' | 'live'
export type Arm = 'ml' | 'baseline'
/** Codes an answer carries as `_err`. */
export type ScoreError = NonNullable<GuardrailVerdict['error']>

export interface ScoreInput {
  /** As it came: anything. */
  feature: unknown
  /** Null when there is none that may be used. */
  model: Model | null
  /** The time rows are judged by: wall time, or the data's own in a replay. */
  nowMs: number
  /** Confidence under which the decision is 0. */
  floor: number
  mode: ScoringMode
  /** The caller is inside the exposed share. */
  exposed: boolean
  killed: boolean
  /** A gate is breached, or a rehearsal header says so. */
  breach: boolean
}

/** The answer of POST /api/ml/score without its trace, and what the audit says of it. */
export interface ScoreAnswer {
  decision: Decision
  score: number
  confid: number
  ml_bucket: number
  parts: SignalParts
  guardrails: { pass: boolean; reasons: GuardrailReason[] }
  /** The decision must not drive an order. */
  advisory: boolean
  arm: Arm
  mode: ScoringMode
  symbol: string | null
  tf: Timeframe | null
  ts: number | null
  modelVersion: string | null
  featureVersion: string
  _err?: ScoreError
  result: 'ok' | 'err'
}

/**
 * Scores one row, fail closed (spec: signal.md). Never throws. What cannot be scored is all zeros with `_err`; what may not be
 * used keeps its score and loses only its decision. With ML off nothing is computed and no guardrail asked.
 */
export function scoreFeature(input: ScoreInput, guardrails: readonly Guardrail[] = GUARDRAILS): ScoreAnswer {
  const parsed = parseFeature(input.feature)
  const answer = emptyAnswer(input, parsed.echo)
  if (input.mode === 'off') return answer
  const problems: readonly FeatureProblem[] = parsed.ok ? [] : parsed.problems
  const { reasons, error } = checkGuardrails({ ...input, problems, echo: parsed.echo }, guardrails)
  if (error !== null) return closed(answer, reasons, error)
  // Not reachable past the guardrails of this build; a list that lost one must not open an answer.
  if (!parsed.ok || input.model === null) return closed(answer, [...reasons, 'guardrail_error'], 'guardrail_error')
  const { parts, score, confid } = fuse(input.model, parsed.row)
  if (!Number.isFinite(score) || !Number.isFinite(confid))
    return closed(answer, [...reasons, 'guardrail_error'], 'guardrail_error')
  const pass = reasons.length === 0
  return {
    ...answer,
    decision: pass ? decide(score, confid, input.floor) : 0,
    score,
    confid,
    ml_bucket: mlBucket(confid),
    parts,
    guardrails: { pass, reasons },
    advisory: !pass || input.mode !== 'live' || !input.exposed,
  }
}

function emptyAnswer(input: ScoreInput, echo: FeatureEcho): ScoreAnswer {
  return {
    decision: 0,
    score: 0,
    confid: 0,
    ml_bucket: 0,
    parts: { rsi: 0, macd: 0, trend: 0 },
    guardrails: { pass: true, reasons: [] },
    advisory: true,
    arm: input.mode === 'live' && input.exposed ? 'ml' : 'baseline',
    mode: input.mode,
    symbol: echo.symbol,
    tf: echo.tf,
    ts: echo.ts,
    modelVersion: input.model?.version ?? null,
    featureVersion: FEATURE_VERSION,
    result: 'ok',
  }
}

function closed(answer: ScoreAnswer, reasons: GuardrailReason[], error: ScoreError): ScoreAnswer {
  return { ...answer, guardrails: { pass: false, reasons }, _err: error, result: 'err' }
}
