import { CALM_SHARE, advance, targetStep } from './advance.ts'
import type { TickFacts } from './outcome.ts'
import type { RolloutPlan } from './plan.ts'
import { reasonText } from './reason.ts'
import { hasEnded, isUnwatched, stepOf, type RolloutState } from './state.ts'

export type SubState = 'soaking' | 'holding' | 'awaiting_approval' | 'paused' | 'ended'

/** Where a rollout stands in its step. */
export interface Standing {
  subState: SubState
  /** What it waits for, most important first; empty: it goes on at the next tick, or there is nothing to wait for. */
  reasons: string[]
  dwell: {
    servedMs: number
    neededMs: number
    /** When the next step can begin at the earliest, ms: if all stays good, and what only people can give is there. Null: there is none, or nobody can say. */
    earliestAdvanceMs: number | null
  }
  /** When it is done if every step goes on at its earliest, ms; null: it has ended, it is done, or nobody can say. */
  expectedEndMs: number | null
}

/** Says what the next tick would say, without taking it. */
export function standingOf(plan: RolloutPlan, state: RolloutState, facts: TickFacts, nowMs: number): Standing {
  const { dwellMs } = stepOf(plan, state)
  const stands = facts.planChanged !== undefined || isUnwatched(plan, state, nowMs)
  const earliestAdvanceMs = stands ? null : earliestAdvance(plan, state, nowMs)
  const next = targetStep(plan, state).index ?? plan.steps.length
  const later = plan.steps.slice(next).reduce((sum, step) => sum + step.dwellMs, 0)
  return {
    ...waitOf(plan, state, facts, nowMs),
    dwell: {
      servedMs: state.skipDwell ? dwellMs : Math.min(state.goodMs, dwellMs),
      neededMs: dwellMs,
      earliestAdvanceMs,
    },
    expectedEndMs: earliestAdvanceMs === null ? null : earliestAdvanceMs + later,
  }
}

function waitOf(plan: RolloutPlan, state: RolloutState, facts: TickFacts, nowMs: number): Pick<Standing, 'subState' | 'reasons'> {
  if (hasEnded(state)) return { subState: 'ended', reasons: state.phaseReason === null ? [] : [state.phaseReason] }
  if (isUnwatched(plan, state, nowMs)) {
    const seconds = Math.floor((nowMs - state.tickedMs) / 1000)
    return { subState: 'holding', reasons: [reasonText('unwatched', { seconds })] }
  }
  if (facts.planChanged !== undefined) return { subState: 'holding', reasons: [facts.planChanged] }
  const { decision, reasons } = advance(plan, state, facts, nowMs)
  if (decision === 'advance') return { subState: 'soaking', reasons: [] }
  if (state.paused !== null) return { subState: 'paused', reasons }
  if (decision === 'await_approval') return { subState: 'awaiting_approval', reasons }
  return { subState: decision === 'hold' ? 'holding' : 'soaking', reasons }
}

function earliestAdvance(plan: RolloutPlan, state: RolloutState, nowMs: number): number | null {
  if (hasEnded(state) || state.phase === 'done') return null
  if (state.phase === 'preview_only' || state.skipDwell || state.override !== null) return nowMs
  const { dwellMs } = stepOf(plan, state)
  // Both are told as of the newest slice that was judged.
  return Math.max(nowMs, state.judgedToMs + Math.max(dwellMs - state.goodMs, CALM_SHARE * dwellMs - state.calmMs))
}
