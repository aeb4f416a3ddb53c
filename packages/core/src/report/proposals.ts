import type { RolloutPlan } from '../rollout/plan.ts'
import type { ReportFacts } from './build-report.ts'
import type { Report, ReportCriterion, ReportNext, ReportProposal, ReportRollout } from './report.ts'

/** Gates whose critical breach takes exposure back for good, and those that it makes preview-only. */
const ROLLS_BACK: ReadonlySet<string> = new Set(['p95', 'staleness', 'error_rate'])
const PREVIEW_ONLY: ReadonlySet<string> = new Set(['confid_median', 'dead_letters'])
/** Beyond this share of the period in warning or worse a higher floor is proposed. */
const LASTING_SHARE = 0.5

type Facts = Pick<ReportFacts, 'breaches' | 'measured' | 'period' | 'floor'> & {
  rollout: ReportRollout | null
  success: readonly ReportCriterion[]
}

/** What the figures say should be done, harshest first. The controller does by itself what it may; this is for people. */
export function proposalsOf(facts: Facts): ReportProposal[] {
  const { rollout, breaches, success } = facts
  const isLive = rollout !== null && (rollout.phase === 'live' || rollout.phase === 'done')
  const open = breaches.filter(({ critical, endMs }) => critical && endMs === null)
  const worst = open.find(({ gate }) => ROLLS_BACK.has(gate))
  if (isLive && worst !== undefined) return [{ code: 'roll_back', gate: worst.gate, floor: null }]
  const calmer = open.find(({ gate }) => PREVIEW_ONLY.has(gate)) ?? worst
  if (rollout !== null && calmer !== undefined && rollout.phase !== 'preview_only')
    return [{ code: 'preview_only', gate: calmer.gate, floor: null }]
  const raise = isLive ? floorProposal(facts) : null
  if (raise !== null) return [raise]
  const isGreen = success.every(({ met }) => met) && breaches.every(({ critical, endMs }) => !critical && endMs !== null)
  return [{ code: isGreen ? 'no_op' : 'watch', gate: null, floor: null }]
}

/** A higher floor when p95 or confidence were not good for most of the time. */
function floorProposal({ measured, period, floor }: Facts): ReportProposal | null {
  const lengthMs = period.toMs - period.fromMs
  const lasting = measured.bands.find(
    ({ gate, warningMs, criticalMs }) =>
      (gate === 'p95' || gate === 'confid_median') && warningMs + criticalMs > LASTING_SHARE * lengthMs,
  )
  const raised = Math.min(floor.max, floor.base + floor.step)
  return lasting === undefined || raised <= floor.base ? null : { code: 'raise_floor', gate: lasting.gate, floor: raised }
}

/** What comes next by the plan. */
export function nextStep(rollout: Report['rollout'], plan: RolloutPlan | null): ReportNext {
  if (rollout === null || plan === null) return { code: 'start', share: null }
  const { phase, share, ceiling } = rollout
  if (phase === 'done') return { code: 'calibrate', share: null }
  if (phase === 'rolled_back' || phase === 'killed' || phase === 'off') return { code: 'new_rollout', share: null }
  if (phase === 'preview_only') return { code: 'return', share: null }
  const next = plan.steps.find((step) => step.share > share)?.share ?? null
  if (next === null) return { code: 'calibrate', share: null }
  return { code: next > ceiling ? 'raise_ceiling' : 'advance', share: next }
}
