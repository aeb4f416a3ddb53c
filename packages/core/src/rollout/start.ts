import { Decimal } from '../trading/decimal.ts'
import { exposedCount, type Member } from './exposure.ts'
import { planProblems, type RolloutPlan } from './plan.ts'
import { hasEnded, type RolloutState } from './state.ts'

export interface StartFacts {
  plan: RolloutPlan
  /** In the order they would join. */
  ranked: readonly Member[]
  pollIntervalMs: number
  /** The newest rollout, or null. */
  before: RolloutState | null
  nowMs: number
}

/** Why a rollout cannot start, each with the arithmetic; empty: it can. */
export function startProblems({ plan, ranked, pollIntervalMs, before, nowMs }: StartFacts): string[] {
  const problems = planProblems(plan)
  if (before !== null && !hasEnded(before)) problems.push('a rollout is under way; roll it back or wait for its end')
  if (before?.phase === 'killed') problems.push('the kill switch is set; the risk role lifts it first')
  const coolMs = before?.phase === 'rolled_back' ? (before.endedMs ?? 0) + plan.coolDownMs - nowMs : 0
  if (coolMs > 0)
    problems.push(
      `the rollout before was rolled back; after a cool-down of ${minutes(plan.coolDownMs)} it may start in ${minutes(coolMs)}`,
    )
  if (problems.length > 0) return problems
  const canary = ranked.filter((member) => member.canary).length
  if (canary === 0) return ['no strategy is on the canary stream (CANARY_SYMBOL, CANARY_TIMEFRAME): preview would score nothing']
  const nobody = exposesNobody(plan, ranked)
  return nobody.length > 0 ? nobody : neverJudged(plan, ranked, canary, pollIntervalMs)
}

function exposesNobody({ steps }: RolloutPlan, ranked: readonly Member[]): string[] {
  const first = steps.find(({ share }) => share > 0)
  const [member] = ranked
  if (first === undefined || member === undefined || exposedCount(ranked, first.share) > 0) return []
  const total = ranked.reduce((sum, { capital }) => sum.plus(capital), new Decimal(0))
  return [
    `the step ${first.name} would expose nobody: ${first.share} × ${ranked.length} strategies = ${(first.share * ranked.length).toFixed(1)}, ` +
      `${first.share} × ${total.toString()} of capital = ${total.times(first.share).toString()}, and the first in line, ${member.strategyId}, has ${member.capital}`,
  ]
}

/** Each step must have at least one poll due in a window, or its gates would stay without data. */
function neverJudged(plan: RolloutPlan, ranked: readonly Member[], canary: number, pollIntervalMs: number): string[] {
  const windowMs = plan.windowSlices * plan.sliceMs
  return plan.steps.flatMap(({ name, share }) => {
    const asking = share === 0 ? canary : exposedCount(ranked, share)
    const due = (asking * windowMs) / pollIntervalMs
    return due >= 1
      ? []
      : [
          `the gates of ${name} could never be judged: ${asking} strategies × ${windowMs / 1000} s / ${pollIntervalMs / 1000} s poll interval = ${due.toFixed(2)} polls in a window, at least 1`,
        ]
  })
}

const minutes = (ms: number): string => `${Math.ceil(ms / 60_000)} min`
