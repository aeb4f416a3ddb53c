import { applyCommands } from './command.ts'
import { guard } from './guard.ts'
import { observe } from './observe.ts'
import { advance } from './advance.ts'
import type { Outcome, TickInput } from './outcome.ts'
import type { RolloutPlan } from './plan.ts'
import type { RolloutState } from './state.ts'

/**
 * One tick: judges the new slices, takes commands, then the harshest decision that applies. Pure: the same state, plan and input
 * give the same bytes.
 */
export function decide(plan: RolloutPlan, before: RolloutState, input: TickInput): Outcome {
  const { nowMs, facts } = input
  if (facts?.planChanged !== undefined) return refused(before, facts.planChanged)
  const observed = observe(plan, before, { slices: input.slices, nowMs, watching: facts !== null })
  const commanded = applyCommands(plan, observed.state, input.commands, nowMs)
  const guarded = facts === null ? commanded : guard(plan, { before: observed, commanded, facts, nowMs })
  if (guarded.decision !== null) return { ...guarded, decision: guarded.decision }
  const advanced = facts === null ? waiting(guarded.state) : advance(plan, guarded.state, facts, nowMs)
  return {
    ...advanced,
    reasons: [...guarded.reasons, ...advanced.reasons],
    effects: [...guarded.effects, ...advanced.effects],
  }
}

/** Its time does not count, as if the controller had been away; exposure ends with its lease, which nobody renews. */
function refused(state: RolloutState, problem: string): Outcome {
  const alert = { kind: 'alert', severity: 'red', code: 'rollout_plan_changed', scope: 'rollout', message: problem } as const
  return { state, decision: 'hold', reasons: [problem], effects: [alert] }
}

/** By hand nothing but the command happens; the next tick says what it waits for. */
function waiting(state: RolloutState): Outcome {
  return { state, decision: state.paused === null ? 'soak' : 'pause', reasons: [], effects: [] }
}
