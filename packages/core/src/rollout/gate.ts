import { GATE_NAMES, type GateName, type RolloutPlan } from './plan.ts'
import type { Judgement, Judgements, Verdict } from './slice.ts'

/** An episode from its first critical slice until it is cleared. */
export interface Breach {
  gate: GateName
  /** End of the first critical slice, ms. */
  sinceMs: number
  /** Its hold was completed, or it came at once; else it is minor so far. */
  critical: boolean
  fast: boolean
  /** The worst value seen; null: none was known. */
  worst: number | null
}

export interface GateState {
  /** Verdicts, oldest first, as long as anything looks back. */
  history: string
  /** Of the newest `windowSlices + 1` slices: bad events where the window was beyond the fast level, else −1. */
  fast: readonly number[]
  /** Bad events of the newest `2 × windowSlices` slices. */
  badEvents: readonly number[]
  value: number | null
  breach: Breach | null
  /** When its lasting warning was answered last, ms; null: not in this warning. */
  warnedMs: number | null
}

export type GateStates = Readonly<Record<GateName, GateState>>

export interface GateEvent {
  gate: GateName
  kind: 'opened' | 'critical' | 'cleared' | 'warning_lasts' | 'warning_over'
  breach: Breach | null
}

const COVERED_SHARE = 0.8
const BAD_SHARE = 0.8
const CLEAR_SHARE = 0.1

export function emptyGate(): GateState {
  return { history: '', fast: [], badEvents: [], value: null, breach: null, warnedMs: null }
}

export function emptyGates(): GateStates {
  return Object.fromEntries(GATE_NAMES.map((gate) => [gate, emptyGate()])) as Record<GateName, GateState>
}

/** Adds the verdicts of a slice that ended at `endMs`. */
export function advanceGates(
  plan: RolloutPlan,
  gates: GateStates,
  judgements: Judgements,
  endMs: number,
): { gates: GateStates; events: GateEvent[] } {
  const events: GateEvent[] = []
  const next = Object.fromEntries(
    GATE_NAMES.map((gate) => {
      const advanced = advanceGate(plan, gate, gates[gate], judgements[gate], endMs)
      events.push(...advanced.events)
      return [gate, advanced.state]
    }),
  ) as Record<GateName, GateState>
  return { gates: next, events }
}

function advanceGate(
  plan: RolloutPlan,
  gate: GateName,
  before: GateState,
  { verdict, value, fast, badEvents }: Judgement,
  endMs: number,
): { state: GateState; events: GateEvent[] } {
  const { windowSlices } = plan
  const state: GateState = {
    ...before,
    history: (before.history + verdict).slice(-lookBack(plan, gate)),
    fast: [...before.fast, fast ? badEvents : -1].slice(-(windowSlices + 1)),
    badEvents: [...before.badEvents, badEvents].slice(-2 * windowSlices),
    value,
  }
  const events: GateEvent[] = []
  updateBreach(plan, gate, state, verdict, endMs, events)
  updateWarning(plan, gate, state, endMs, events)
  return { state, events }
}

/** Mutates the fresh state of advanceGate. */
function updateBreach(
  plan: RolloutPlan,
  gate: GateName,
  state: GateState,
  verdict: Verdict,
  endMs: number,
  events: GateEvent[],
): void {
  if (verdict === 'B') {
    const worst = worse(gate, state.breach?.worst ?? null, state.value)
    const opened = state.breach === null
    state.breach =
      state.breach === null ? { gate, sinceMs: endMs, critical: false, fast: false, worst } : { ...state.breach, worst }
    if (opened) events.push({ gate, kind: 'opened', breach: state.breach })
  }
  if (state.breach === null) return
  if (!state.breach.critical) {
    const fast = isFastBreach(plan, state)
    if (fast || isBreach(plan, state.breach, state.history, endMs)) {
      state.breach = { ...state.breach, critical: true, fast }
      events.push({ gate, kind: 'critical', breach: state.breach })
    }
  }
  if (verdict !== 'B' && isClear(plan, gate, state.history, 'B')) {
    events.push({ gate, kind: 'cleared', breach: state.breach })
    state.breach = null
  }
}

/** A warning (or worse) for half of the hold calls for the milder counter-move, again each half hold; it is over when it is clear. */
function updateWarning(plan: RolloutPlan, gate: GateName, state: GateState, endMs: number, events: GateEvent[]): void {
  const halfMs = plan.gates[gate].holdMs / 2
  const lasts =
    (state.warnedMs === null || endMs - state.warnedMs >= halfMs) &&
    holds(state.history, slicesIn(plan, halfMs), BAD_SHARE, 'WB') &&
    /[WB]$/.test(state.history)
  if (lasts) {
    state.warnedMs = endMs
    events.push({ gate, kind: 'warning_lasts', breach: state.breach })
  } else if (state.warnedMs !== null && state.breach === null && isClear(plan, gate, state.history, 'WB')) {
    state.warnedMs = null
    events.push({ gate, kind: 'warning_over', breach: null })
  }
}

/** The hold has passed since the first critical slice, four fifths of it are judged, four fifths of those are critical, the newest is. */
function isBreach(plan: RolloutPlan, { gate, sinceMs }: Breach, history: string, endMs: number): boolean {
  const { holdMs } = plan.gates[gate]
  if (endMs - sinceMs + plan.sliceMs < holdMs || !history.endsWith('B')) return false
  return holds(history, slicesIn(plan, holdMs), BAD_SHARE, 'B')
}

/** Two windows that do not overlap are beyond the fast level, with enough bad events in both together. */
function isFastBreach({ windowSlices, fastEvents }: RolloutPlan, { fast, badEvents }: GateState): boolean {
  const newest = fast.at(-1) ?? -1
  const before = fast.length > windowSlices ? (fast[0] ?? -1) : -1
  return newest >= 0 && before >= 0 && badEvents.reduce((sum, count) => sum + count, 0) >= fastEvents
}

function isClear(plan: RolloutPlan, gate: GateName, history: string, of: 'B' | 'WB'): boolean {
  const slices = slicesIn(plan, clearMs(plan, gate))
  const judged = coveredCount(history, slices)
  return judged !== null && countOf(history.slice(-slices), of) <= CLEAR_SHARE * judged
}

/** The newest slices are covered, and at least this share of what is judged in them is one of these. */
function holds(history: string, slices: number, share: number, of: 'B' | 'WB'): boolean {
  const judged = coveredCount(history, slices)
  return judged !== null && countOf(history.slice(-slices), of) >= share * judged
}

/** How many of the newest slices are judged; null when they are too few, or when the history is shorter. */
function coveredCount(history: string, slices: number): number | null {
  if (history.length < slices) return null
  const newest = history.slice(-slices)
  const judged = countOf(newest, JUDGED)
  // Slices while the market was closed are not missing.
  const due = slices - countOf(newest, 'X')
  return judged > 0 && judged >= COVERED_SHARE * due ? judged : null
}

const JUDGED = 'OWB'

function countOf(verdicts: string, of: string): number {
  let count = 0
  for (let at = 0; at < verdicts.length; at++) if (of.includes(verdicts.charAt(at))) count += 1
  return count
}

/** Four fifths of the newest window are judged, at every gate. */
export function isCovered({ windowSlices }: RolloutPlan, gates: GateStates): boolean {
  return GATE_NAMES.every((gate) => coveredCount(gates[gate].history, windowSlices) !== null)
}

/** The newest slice is good at every gate. */
export function isAllGood(gates: GateStates): boolean {
  return GATE_NAMES.every((gate) => gates[gate].history.endsWith('O'))
}

export function isWarning(gates: GateStates): boolean {
  return GATE_NAMES.some((gate) => /[WB]$/.test(gates[gate].history))
}

/** How long the newest unbroken run of critical slices is, ms: what an operator sees as time in breach. */
export function inBreachMs({ sliceMs }: RolloutPlan, { history }: GateState): number {
  return (history.length - history.replace(/B+$/, '').length) * sliceMs
}

function slicesIn({ sliceMs }: RolloutPlan, ms: number): number {
  return Math.max(1, Math.round(ms / sliceMs))
}

function clearMs(plan: RolloutPlan, gate: GateName): number {
  return Math.max(plan.gates[gate].holdMs / 2, plan.clearMinMs)
}

function lookBack(plan: RolloutPlan, gate: GateName): number {
  return Math.max(slicesIn(plan, plan.gates[gate].holdMs), slicesIn(plan, clearMs(plan, gate)), plan.windowSlices)
}

function worse(gate: GateName, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return gate === 'score_rate' || gate === 'confid_median' ? Math.min(a, b) : Math.max(a, b)
}
