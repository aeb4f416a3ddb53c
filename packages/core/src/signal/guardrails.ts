import { isStale, timeProblem } from './feature-row.ts'
import { isExpired, modelProblem, type Model } from './model.ts'
import type { FeatureEcho, FeatureProblem } from './parse-feature.ts'

/** Why a row cannot be scored. The order of the guardrails below is the order of the reasons in an answer. */
export const UNSCORABLE_REASONS = ['invalid_feature', 'features_missing', 'stale_feature', 'model_unavailable'] as const
export type UnscorableReason = (typeof UNSCORABLE_REASONS)[number]
/** Why a computed score may not be used. */
export const UNUSABLE_REASONS = ['slo_breach', 'killed'] as const
export type UnusableReason = (typeof UNUSABLE_REASONS)[number]
export type GuardrailReason = UnscorableReason | UnusableReason | 'guardrail_error'

export interface GuardrailFacts {
  /** What parsing the row found; empty for a whole row. */
  problems: readonly FeatureProblem[]
  echo: FeatureEcho
  /** Null when the model is missing or its hash differs. */
  model: Model | null
  nowMs: number
  /** A gate is breached, or a rehearsal says so. */
  breach: boolean
  /** The kill switch covers this call. */
  killed: boolean
}

/** Looks at the facts and may close the answer; it never opens one. */
export interface Guardrail {
  reason: UnscorableReason | UnusableReason
  /** `unscorable` ends before the score is computed, `unusable` after. */
  kind: 'unscorable' | 'unusable'
  closes: (facts: GuardrailFacts) => boolean
}

export interface GuardrailVerdict {
  /** Everything that closes the answer, in order; empty when it passes. */
  reasons: GuardrailReason[]
  /** The first reason that is an error, or null: the row may be scored. */
  error: UnscorableReason | 'guardrail_error' | null
}

export const GUARDRAILS: readonly Guardrail[] = [
  {
    reason: 'invalid_feature',
    kind: 'unscorable',
    closes: (facts) => hasProblem(facts, 'invalid_feature') || opensInFuture(facts),
  },
  { reason: 'features_missing', kind: 'unscorable', closes: (facts) => hasProblem(facts, 'features_missing') },
  { reason: 'stale_feature', kind: 'unscorable', closes: isStaleFeature },
  { reason: 'model_unavailable', kind: 'unscorable', closes: isModelUnavailable },
  // Only a plain false keeps open: a fact that is not known closes.
  { reason: 'slo_breach', kind: 'unusable', closes: (facts) => !isFalse(facts.breach) },
  { reason: 'killed', kind: 'unusable', closes: (facts) => !isFalse(facts.killed) },
]

/** Asks every guardrail. One that throws closes the answer with `guardrail_error`, as the last reason. */
export function checkGuardrails(facts: GuardrailFacts, guardrails: readonly Guardrail[] = GUARDRAILS): GuardrailVerdict {
  const reasons: GuardrailReason[] = []
  let error: GuardrailVerdict['error'] = null
  let threw = false
  for (const { reason, kind, closes } of guardrails) {
    try {
      if (isFalse(closes(facts))) continue
    } catch {
      threw = true
      continue
    }
    reasons.push(reason)
    if (kind === 'unscorable') error ??= reason as UnscorableReason
  }
  if (!threw) return { reasons, error }
  return { reasons: [...reasons, 'guardrail_error'], error: error ?? 'guardrail_error' }
}

function isFalse(value: unknown): boolean {
  return value === false
}

function hasProblem(facts: GuardrailFacts, code: FeatureProblem['code']): boolean {
  return facts.problems.some((problem) => problem.code === code)
}

function opensInFuture({ echo, nowMs }: GuardrailFacts): boolean {
  return echo.ts !== null && timeProblem({ ts: echo.ts }, nowMs) !== null
}

// A row without time or timeframe is invalid_feature already.
function isStaleFeature({ echo, nowMs }: GuardrailFacts): boolean {
  return echo.ts !== null && echo.tf !== null && isStale({ ts: echo.ts, tf: echo.tf }, nowMs)
}

function isModelUnavailable({ model, nowMs }: GuardrailFacts): boolean {
  if (model === null || modelProblem(model) !== null) return true
  return isExpired(model, nowMs)
}
