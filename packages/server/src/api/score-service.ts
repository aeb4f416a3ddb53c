import type { ScoreAnswer } from '@spark/contract/ml'
import { scoreFeature, type ScoreAnswer as ScoredFeature } from '@spark/core/signal/score'
import type { Clock } from '../clock.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import type { AuditEvent, AuditWriter } from '../storage/audit/audit-event.ts'
import { auditedFeature } from './audited-feature.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface ScoreServiceDeps {
  models: ModelRegistry
  audit: Pick<AuditWriter, 'appendAll'>
  clock: Clock
  rollout(): RolloutNow
  auditMlBucket: boolean
  auditMlSignalParts: boolean
}

/** One call: who asks, in which trace, rehearsing what, judged by which clock. */
export interface ScoreCall {
  /** As the audit names it. */
  principal: string
  traceId: string
  strategyId: string | null
  modelId: string | undefined
  breachRehearsed: boolean
  /** The market's time when the executor says that it differs from the wall clock (replay); else null. */
  marketNowMs: number | null
}

export interface ScoreService {
  /** Answers in the order of `features`, once every row is durable in the audit. Rejects with StorageError. */
  score(features: readonly unknown[], call: ScoreCall): Promise<ScoreAnswer[]>
}

/** The shell around core's scoreFeature: finds the model, scores, writes the audit rows, then answers. */
export function createScoreService(deps: ScoreServiceDeps): ScoreService {
  return {
    async score(features, call) {
      const nowMs = deps.clock.nowMs()
      const rollout = deps.rollout()
      const model = deps.models.usable(call.modelId ?? rollout.modelVersion ?? undefined)
      const outcomes = features.map((feature) =>
        scoreFeature({
          feature,
          model,
          nowMs: call.marketNowMs ?? nowMs,
          floor: rollout.floor,
          mode: rollout.mode,
          exposed: call.strategyId !== null && rollout.exposed.has(call.strategyId),
          killed: isKilled(rollout, call.strategyId),
          breach: rollout.breach || call.breachRehearsed,
        }),
      )
      if (rollout.mode !== 'off')
        await deps.audit.appendAll(outcomes.map((outcome, index) => auditEvent(deps, outcome, features[index], call, nowMs)))
      return outcomes.map((outcome) => answerOf(outcome, call.traceId))
    },
  }
}

/** The switch of everything, or of this strategy. */
function isKilled({ killed }: RolloutNow, strategyId: string | null): boolean {
  if (killed.size === 0) return false
  return killed.has('all') || (strategyId !== null && killed.has(`strategy:${strategyId}`))
}

function answerOf({ result: _, ...outcome }: ScoredFeature, traceId: string): ScoreAnswer {
  return { ...outcome, guardrails: { pass: outcome.guardrails.pass, reasons: [...outcome.guardrails.reasons] }, traceId }
}

function auditEvent(deps: ScoreServiceDeps, outcome: ScoredFeature, feature: unknown, call: ScoreCall, ts: number): AuditEvent {
  const context: Record<string, unknown> = {
    confid: outcome.confid,
    score: outcome.score,
    decision: outcome.decision,
    advisory: outcome.advisory,
    mode: outcome.mode,
    arm: outcome.arm,
    pass: outcome.guardrails.pass,
    reasons: outcome.guardrails.reasons,
    modelVersion: outcome.modelVersion,
    featureVersion: outcome.featureVersion,
    feature: auditedFeature(feature),
  }
  if (deps.auditMlBucket) context['ml_bucket'] = outcome.ml_bucket
  if (deps.auditMlSignalParts) context['ml_signal_parts'] = outcome.parts
  if (call.marketNowMs !== null) context['marketNowMs'] = call.marketNowMs
  const event: AuditEvent = {
    ts,
    action: 'ml.score',
    actor: call.principal,
    strategyId: call.strategyId,
    traceId: call.traceId,
    result: outcome.result,
    context,
  }
  if (outcome._err !== undefined) event._err = outcome._err
  return event
}
