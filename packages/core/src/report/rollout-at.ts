import type { RolloutPlan } from '../rollout/plan.ts'
import { exposedShare, stepOf, type Phase } from '../rollout/state.ts'
import type { ReportDecision, ReportRollout } from './report.ts'

/** A rollout as the store has it, of which a report tells. */
export interface RolloutFacts {
  id: string
  plan: RolloutPlan
  ceiling: number
  startedMs: number
}

/** Where a rollout stood after these decisions on it, oldest first. What was decided later says nothing of it. */
export function rolloutAfter(
  { id, plan, ceiling, startedMs }: RolloutFacts,
  decisions: readonly ReportDecision[],
): ReportRollout {
  let at: { phase: Phase; step: number } = { phase: 'preview', step: 0 }
  for (const one of decisions) if (one.rollout === id) at = after(plan, at, one)
  return { id, phase: at.phase, step: stepOf(plan, at).name, share: exposedShare(plan, at), ceiling, startedMs }
}

function after(
  { steps }: RolloutPlan,
  before: { phase: Phase; step: number },
  { action, decision, share }: ReportDecision,
): { phase: Phase; step: number } {
  if (action === 'rollout.unkill') return { ...before, phase: 'off' }
  if (decision === 'kill') return { ...before, phase: 'killed' }
  if (decision === 'rollback') return { ...before, phase: 'rolled_back' }
  if (decision === 'preview_only') return { ...before, phase: 'preview_only' }
  if (decision !== 'advance') return before
  const step = steps.findIndex((one) => one.share === share)
  // Who has served the last step is done, and exposes nobody anew.
  if (step === -1) return { phase: 'done', step: steps.length - 1 }
  return { phase: step === 0 ? 'preview' : 'live', step }
}
