import { previewOnly, rolledBack } from './command.ts'
import type { Effect, Making, TickFacts, TriageMove } from './outcome.ts'
import type { Breach, GateEvent } from './gate.ts'
import type { GateName, RolloutPlan } from './plan.ts'
import { reasonText } from './reason.ts'
import { effectiveFloor, exposedShare, hasEnded, type Modifier, type RolloutState } from './state.ts'

/** What breaches, blindness and the model's verdict ask for, on top of what people asked. */
export function guard(
  plan: RolloutPlan,
  {
    before,
    commanded,
    facts,
    nowMs,
  }: {
    /** As observed, before anybody asked for anything. */
    before: { state: RolloutState; events: readonly GateEvent[] }
    commanded: Making
    facts: TickFacts
    nowMs: number
  },
): Making {
  const { state } = commanded
  const told = [...commanded.effects, ...before.events.flatMap((event) => tell(plan, state, event, facts))]
  const making: Making = { ...commanded, effects: told }
  if (hasEnded(state)) return making
  // A milder wish must not take a rollback away: what was live when the tick began is judged as live.
  const rollback = rollbackOf(plan, making, acts(before.state), facts, nowMs)
  if (rollback !== null || making.decision !== null) return rollback ?? making
  return previewOnlyOf(plan, making, facts) ?? counterMoves(plan, making, before.events, facts) ?? making
}

function join(before: Making, next: Making): Making {
  return { ...next, reasons: [...before.reasons, ...next.reasons], effects: [...before.effects, ...next.effects] }
}

function critical(state: RolloutState, gate: GateName): Breach | null {
  const { breach } = state.gates[gate]
  return breach?.critical === true ? breach : null
}

const acts = ({ phase }: RolloutState): boolean => phase === 'live' || phase === 'done'

function rollbackOf(plan: RolloutPlan, before: Making, wasLive: boolean, facts: TickFacts, nowMs: number): Making | null {
  const { state } = before
  if (facts.verdict === 'worse_than_baseline')
    return join(before, rolledBack(plan, state, reasonText('worse_than_baseline'), nowMs))
  for (const gate of ['staleness', 'error_rate', 'p95'] as const) {
    const breach = critical(state, gate)
    if (breach === null || (gate === 'p95' && !wasLive)) continue
    return join(before, rolledBack(plan, state, breachText(plan, breach, nowMs, errorsOf(gate, facts)), nowMs))
  }
  return null
}

function blindText(lasted: number | string, nobodyAsks: string | undefined): string {
  return nobodyAsks === undefined
    ? reasonText('blind', { seconds: lasted })
    : reasonText('blind_because', { seconds: lasted, facts: nobodyAsks })
}

function previewOnlyOf(plan: RolloutPlan, before: Making, { nobodyAsks }: TickFacts): Making | null {
  const { state } = before
  if (state.phase === 'preview_only') return null
  if (exposedShare(plan, state) > 0 && state.blindMs >= plan.blindMs)
    return join(before, previewOnly(plan, state, blindText(seconds(state.blindMs), nobodyAsks)))
  for (const gate of ['dead_letters', 'confid_median', 'p95'] as const) {
    const breach = critical(state, gate)
    if (breach === null) continue
    const modifiers = gate === 'p95' ? withSlowerPoll(plan, state.modifiers) : state.modifiers
    return join(before, previewOnly(plan, { ...state, modifiers }, breachText(plan, breach, state.judgedToMs)))
  }
  return null
}

/** Once, and from the base interval. */
function withSlowerPoll({ pollFactor }: RolloutPlan, modifiers: readonly Modifier[]): readonly Modifier[] {
  return modifiers.some(({ kind }) => kind === 'poll')
    ? modifiers
    : [...modifiers, { gate: 'p95', kind: 'poll', amount: pollFactor }]
}

/** A lasting warning raises the floor; a gate that is clear gives back what was taken for it. */
function counterMoves(plan: RolloutPlan, before: Making, events: readonly GateEvent[], facts: TickFacts): Making | null {
  const { gates } = before.state
  let { modifiers } = before.state
  const reasons: string[] = []
  // The tick that saw the end of it may have decided something harsher.
  const forgotten = modifiers.filter(({ gate }) => gates[gate].breach === null && gates[gate].warnedMs === null)
  for (const { gate } of forgotten) {
    if (events.some((event) => event.gate === gate) || !modifiers.some((one) => one.gate === gate)) continue
    modifiers = modifiers.filter((one) => one.gate !== gate)
    reasons.push(reasonText('clear', { gate }))
  }
  for (const [place, { gate, kind }] of events.entries()) {
    if (endsWarning({ kind }) && modifiers.some((one) => one.gate === gate)) {
      modifiers = modifiers.filter((one) => one.gate !== gate)
      reasons.push(reasonText('clear', { gate }))
    }
    if (kind !== 'warning_lasts' || !plan.floorOnWarning.includes(gate) || !acts(before.state)) continue
    // A tick that sees much at once, after the controller was away, may see the end of it as well.
    if (events.slice(place).some((later) => later.gate === gate && endsWarning(later))) continue
    const now = effectiveFloor(plan, modifiers, facts.floor)
    const raised = Math.min(plan.floorMax, now + plan.floorStep)
    if (raised <= now) continue
    modifiers = [...modifiers, { gate, kind: 'floor', amount: raised - now }]
    reasons.push(reasonText('floor_raised', { gate, before: now.toFixed(2), after: raised.toFixed(2) }))
  }
  if (reasons.length === 0) return null
  return join(before, { state: { ...before.state, modifiers }, decision: 'counter_move', reasons, effects: [] })
}

const endsWarning = ({ kind }: Pick<GateEvent, 'kind'>): boolean => kind === 'cleared' || kind === 'warning_over'

/** Alerts and triage that an event of a gate calls for. */
function tell(plan: RolloutPlan, state: RolloutState, { gate, kind, breach }: GateEvent, facts: TickFacts): Effect[] {
  const scope = `gate:${gate}`
  if (kind === 'cleared') return [{ kind: 'resolve', code: 'breach', scope }]
  if (kind === 'warning_over') return [{ kind: 'resolve', code: 'warning', scope }]
  const { good, critical: limit } = plan.gates[gate]
  const value = valueText(gate, state.gates[gate].value)
  if (kind === 'warning_lasts') {
    const message = reasonText('gate_warning', { gate, value, limit: valueText(gate, good) })
    return [{ kind: 'alert', severity: 'yellow', code: 'warning', scope, message }]
  }
  const beyond = reasonText('gate_beyond', { gate, value, limit: valueText(gate, limit) })
  if (kind === 'opened') return [{ kind: 'alert', severity: 'yellow', code: 'breach', scope, message: beyond }]
  const text = breach === null ? beyond : breachText(plan, breach, state.judgedToMs, errorsOf(gate, facts))
  return [
    { kind: 'alert', severity: 'red', code: 'breach', scope, message: text },
    ...TRIAGE[gate].map((move): Effect => ({ kind: 'triage', move, gate })),
  ]
}

const TRIAGE: Record<GateName, readonly TriageMove[]> = {
  p95: ['ping_executor'],
  staleness: ['ping_executor', 'check_jobs', 'clock_drift'],
  error_rate: ['top_errors'],
  score_rate: ['signal_check'],
  confid_median: ['propose_equal_weights', 'calibration_marker'],
  dead_letters: ['check_jobs'],
}

/** `p95 beyond 1500 ms for 900 s, at worst 4020 ms`. `errors`: the most frequent ones; empty: not of interest. */
export function breachText(plan: RolloutPlan, { gate, sinceMs, worst, fast }: Breach, nowMs: number, errors = ''): string {
  const figures = {
    gate,
    limit: valueText(gate, plan.gates[gate].critical),
    seconds: seconds(Math.max(0, nowMs - sinceMs) + plan.sliceMs),
    worst: valueText(gate, worst),
  }
  if (errors === '') return reasonText(fast ? 'breach_at_once' : 'breach', figures)
  return reasonText(fast ? 'breach_at_once_errors' : 'breach_errors', { ...figures, errors })
}

function errorsOf(gate: GateName, { topErrors }: TickFacts): string {
  return gate === 'error_rate' ? topErrors.map(({ code, count }) => `${code} × ${count}`).join(', ') : ''
}

const seconds = (ms: number): number => Math.round(ms / 1000)

/** A gate's value with its unit. */
export function valueText(gate: GateName, value: number | null): string {
  if (value === null) return 'no data'
  if (gate === 'p95') return `${Math.round(value)} ms`
  if (gate === 'staleness') return `${value.toFixed(1)} s`
  if (gate === 'error_rate') return `${value.toFixed(2)} %`
  if (gate === 'score_rate') return `${(100 * value).toFixed(0)} % of what is due`
  return gate === 'confid_median' ? value.toFixed(3) : String(value)
}
