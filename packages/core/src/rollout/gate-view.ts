import { inBreachMs } from './gate.ts'
import { GATE_NAMES, type GateName, type RolloutPlan } from './plan.ts'
import { isUnwatched, type RolloutState } from './state.ts'

export type GateCondition = 'ok' | 'warning' | 'critical' | 'no_data'

export interface GateView {
  gate: GateName
  value: number | null
  unit: 'ms' | 's' | 'percent' | 'share of what is due' | 'confidence' | 'dead letters'
  state: GateCondition
  good: number
  critical: number
  holdS: number
  /** Of the newest unbroken run of critical slices. */
  inBreachS: number
  /** The episode that is not over. */
  breach: { since: number; critical: boolean; fast: boolean; worst: number | null } | null
  /** Newest verdicts, oldest first: O good, W warning, B critical, N no data, D the controller was down, X excluded. */
  history: string
}

const HISTORY_SHOWN = 40

const UNITS: Record<GateName, GateView['unit']> = {
  p95: 'ms',
  staleness: 's',
  error_rate: 'percent',
  score_rate: 'share of what is due',
  confid_median: 'confidence',
  dead_letters: 'dead letters',
}

/** The gates as people see them, in their order. While nobody watches their last values are of another time, and no state. */
export function gateViews(plan: RolloutPlan, rollout: RolloutState, nowMs: number): GateView[] {
  const { gates } = rollout
  const unwatched = isUnwatched(plan, rollout, nowMs)
  return GATE_NAMES.map((gate) => {
    const state = gates[gate]
    const { good, critical, holdMs } = plan.gates[gate]
    const { breach } = state
    return {
      gate,
      value: state.value,
      unit: UNITS[gate],
      state: unwatched ? 'no_data' : conditionOf(state.history),
      good,
      critical,
      holdS: holdMs / 1000,
      inBreachS: inBreachMs(plan, state) / 1000,
      breach:
        breach === null ? null : { since: breach.sinceMs, critical: breach.critical, fast: breach.fast, worst: breach.worst },
      history: state.history.slice(-HISTORY_SHOWN),
    }
  })
}

function conditionOf(history: string): GateCondition {
  const newest = history.at(-1)
  return newest === 'O' ? 'ok' : newest === 'W' ? 'warning' : newest === 'B' ? 'critical' : 'no_data'
}

/** Scores a minute in the newest window, beside the share that the gate judges; null where nothing was due. */
export function scoresPerMinute(
  plan: RolloutPlan,
  { recent }: Pick<RolloutState, 'recent'>,
): { scored: number; due: number; good: number; critical: number } | null {
  const minutes = (recent.length * plan.sliceMs) / 60_000
  const due = recent.reduce((sum, slice) => sum + slice.due, 0)
  if (due === 0) return null
  const { good, critical } = plan.gates.score_rate
  const perMinute = due / minutes
  return {
    scored: recent.reduce((sum, { polls }) => sum + polls.ok, 0) / minutes,
    due: perMinute,
    good: good * perMinute,
    critical: critical * perMinute,
  }
}
