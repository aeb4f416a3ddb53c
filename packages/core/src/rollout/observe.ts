import { advanceGates, isAllGood, isCovered, isWarning, type GateEvent, type GateStates } from './gate.ts'
import { GATE_NAMES, type RolloutPlan } from './plan.ts'
import {
  addDowntime,
  addHole,
  addToTally,
  judgeWindow,
  type Judgement,
  type Judgements,
  type SliceFacts,
  type Verdict,
} from './slice.ts'
import { hasEnded, type RolloutState } from './state.ts'

/** A tick that comes later after the one before, two of them, was kept from coming: the controller was down, be it for a restart. */
const DOWN_MS = 10_000
/** No gate looks back further than this many slices; a longer hole is the same as this. */
const HOLE_SLICES_MAX = 500

/**
 * Takes new slices into the state: verdicts, good time, breaches. What comes late is not judged. While the controller watches, what
 * should have come and has not is a slice without data.
 */
export function observe(
  plan: RolloutPlan,
  before: RolloutState,
  { slices, nowMs, watching }: { slices: readonly SliceFacts[]; nowMs: number; watching: boolean },
): { state: RolloutState; events: GateEvent[] } {
  const events: GateEvent[] = []
  let state = watching && hasGoneBack(plan, before, nowMs) ? clockWentBack(plan, before, nowMs) : before
  if (watching && nowMs - before.tickedMs > DOWN_MS) state = { ...state, tally: addDowntime(state.tally, before.tickedMs, nowMs) }
  const take = (endMs: number, slice: SliceFacts | null, missing: Verdict) => {
    const taken = takeSlice(plan, state, endMs, slice, missing)
    state = taken.state
    events.push(...taken.events)
  }
  // The controller itself was away: nobody is to blame for what is missing.
  const awayUntilMs = watching && nowMs - before.tickedMs > plan.leaseMs ? nowMs : Number.NEGATIVE_INFINITY
  const missingAt = (endMs: number): Verdict => (endMs <= awayUntilMs && endMs > before.tickedMs - plan.sliceMs ? 'D' : 'N')
  const fillUpTo = (untilMs: number) => {
    state = skipLongHole(plan, state, untilMs)
    for (let endMs = state.judgedToMs + plan.sliceMs; endMs <= untilMs; endMs += plan.sliceMs) take(endMs, null, missingAt(endMs))
  }
  for (const slice of slices.toSorted((a, b) => a.ts - b.ts)) {
    if (slice.ts < state.judgedToMs) continue
    fillUpTo(slice.ts)
    take(slice.ts + plan.sliceMs, slice, 'N')
  }
  if (watching) fillUpTo(nowMs - plan.sliceOverdueMs)
  return { state: watching ? { ...state, tickedMs: nowMs } : state, events }
}

/**
 * Times that were judged already come again: they are judged anew, after one slice of which nothing can be said. What began before
 * has lasted as long as it has: its times go back as well.
 */
function clockWentBack(plan: RolloutPlan, state: RolloutState, nowMs: number): RolloutState {
  const judgedToMs = comesAgainFrom(plan, nowMs)
  const byMs = state.judgedToMs - judgedToMs
  const earlier = (timeMs: number | null) => (timeMs === null ? null : timeMs - byMs)
  const gates = Object.fromEntries(
    GATE_NAMES.map((gate) => {
      const { breach, warnedMs, ...rest } = state.gates[gate]
      const moved = breach === null ? null : { ...breach, sinceMs: breach.sinceMs - byMs }
      return [gate, { ...rest, breach: moved, warnedMs: earlier(warnedMs) }]
    }),
  ) as GateStates
  return {
    ...state,
    judgedToMs,
    tickedMs: Math.min(state.tickedMs, nowMs),
    recent: [],
    gates,
    approval: state.approval === null ? null : { ...state.approval, atMs: state.approval.atMs - byMs },
    tally: { ...state.tally, fromMs: state.tally.fromMs - byMs, toMs: state.tally.toMs - byMs },
  }
}

/** The wall clock stands before what was judged already. */
export function hasGoneBack(
  { sliceMs }: Pick<RolloutPlan, 'sliceMs'>,
  { judgedToMs }: Pick<RolloutState, 'judgedToMs'>,
  nowMs: number,
) {
  return nowMs < judgedToMs - sliceMs
}

/** Start of the first slice that is judged anew; what was measured from there on is of a time that had not come. */
export function comesAgainFrom({ sliceMs }: Pick<RolloutPlan, 'sliceMs'>, nowMs: number): number {
  return Math.floor(nowMs / sliceMs) * sliceMs - sliceMs
}

function skipLongHole({ sliceMs }: RolloutPlan, state: RolloutState, untilMs: number): RolloutState {
  const firstMs = Math.floor(untilMs / sliceMs) * sliceMs - HOLE_SLICES_MAX * sliceMs
  if (state.judgedToMs >= firstMs) return state
  return { ...state, judgedToMs: firstMs, tally: addHole(state.tally, state.judgedToMs, firstMs) }
}

function takeSlice(
  plan: RolloutPlan,
  before: RolloutState,
  endMs: number,
  slice: SliceFacts | null,
  missing: Verdict,
): { state: RolloutState; events: GateEvent[] } {
  const recent = slice === null ? before.recent : [...before.recent, slice]
  // A hole takes its place in the window.
  const inWindow = recent.filter(({ ts }) => ts + plan.sliceMs > endMs - plan.windowSlices * plan.sliceMs)
  const judgements = slice === null ? sameForAll(missing) : judgeWindow(plan, inWindow)
  const { gates, events } = advanceGates(plan, before.gates, judgements, endMs)
  const covered = isCovered(plan, gates)
  const serves = !hasEnded(before) && before.phase !== 'preview_only'
  const good = serves && covered && isAllGood(gates)
  const opened = events.filter(({ kind }) => kind === 'opened').length
  const ended = events.flatMap(({ kind, breach }) => (kind === 'cleared' && breach !== null ? [{ ...breach, endMs }] : []))
  const { breaches } = before
  return {
    state: {
      ...before,
      judgedToMs: endMs,
      recent: inWindow,
      gates,
      goodMs: before.goodMs + (good ? plan.sliceMs : 0),
      calmMs: isWarning(gates) ? 0 : before.calmMs + plan.sliceMs,
      blindMs: covered ? 0 : before.blindMs + (slice === null && missing === 'D' ? 0 : plan.sliceMs),
      stepBreaches: before.stepBreaches + opened,
      breaches: {
        ended: [...breaches.ended, ...ended].slice(-20),
        total: breaches.total + opened,
        critical: breaches.critical + events.filter(({ kind }) => kind === 'critical').length,
      },
      tally: slice === null ? addHole(before.tally, endMs - plan.sliceMs, endMs) : addToTally(before.tally, slice, plan.sliceMs),
    },
    events,
  }
}

function sameForAll(verdict: Verdict): Judgements {
  const nothing: Judgement = { verdict, value: null, fast: false, badEvents: 0 }
  return Object.fromEntries(GATE_NAMES.map((gate) => [gate, nothing])) as Record<(typeof GATE_NAMES)[number], Judgement>
}
