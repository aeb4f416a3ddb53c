import { emptyGate, emptyGates, type Breach, type GateStates } from './gate.ts'
import { GATE_NAMES, type GateName, type RolloutPlan, type RolloutStep } from './plan.ts'
import { emptyTally, type SliceFacts, type Tally } from './slice.ts'

/**
 * `off`, `rolled_back` and `killed` are ended: another try is a new rollout. `preview_only`: exposure 0, scoring goes on.
 * `done`: everything is exposed, guards stay armed.
 */
export type Phase = 'preview' | 'live' | 'done' | 'preview_only' | 'rolled_back' | 'killed' | 'off'

/** What labels say of the model; unproven until there are enough. */
export type ModelVerdict = 'unproven' | 'proven' | 'loses_after_costs' | 'worse_than_baseline'

/** A counter-move of the controller, taken back when its gate is clear. */
export interface Modifier {
  gate: GateName
  kind: 'floor' | 'poll'
  /** Added to the floor, or times the poll interval. */
  amount: number
}

export interface RolloutState {
  rolloutId: string
  planDigest: string
  startedMs: number
  endedMs: number | null
  phase: Phase
  /** Why the phase is what it is; null: by the plan. */
  phaseReason: string | null
  /** Index of the step that is or was served. */
  step: number
  /** The preview has served its dwell: who returns from preview-only goes on with the first share. */
  previewServed: boolean
  /** How far it may go: the approved share; 0: preview. */
  ceiling: number
  paused: { by: string; sinceMs: number } | null
  approval: { by: string; atMs: number } | null
  override: { by: string; second: string; reason: string; atMs: number } | null
  /** A person promoted: the dwell of this step counts as served. */
  skipDwell: boolean
  modifiers: readonly Modifier[]
  stepStartedMs: number
  /** Good time served in this step, ms. */
  goodMs: number
  /** Since the newest slice with a warning, ms. */
  calmMs: number
  /** Without cover for so long, ms. */
  blindMs: number
  /** End of the newest slice that was judged, ms. */
  judgedToMs: number
  /** The newest tick, ms. */
  tickedMs: number
  /** The slices of the newest window, oldest first. */
  recent: readonly SliceFacts[]
  gates: GateStates
  /** Breaches that began in this step. */
  stepBreaches: number
  /** Of the whole rollout: ended, and critical among all. */
  breaches: { ended: readonly EndedBreach[]; total: number; critical: number }
  tally: Tally
}

export interface EndedBreach extends Breach {
  endMs: number
}

const ENDED: ReadonlySet<Phase> = new Set(['rolled_back', 'killed', 'off'])

/** Nobody has decided for longer than exposure lasts without it: what was judged before says nothing of now. */
export function isUnwatched({ leaseMs }: Pick<RolloutPlan, 'leaseMs'>, state: RolloutState, nowMs: number): boolean {
  return !hasEnded(state) && nowMs - state.tickedMs > leaseMs
}

export function hasEnded({ phase }: Pick<RolloutState, 'phase'>): boolean {
  return ENDED.has(phase)
}

/** Breaches that are not over, in the order of the gates. */
export function openBreaches({ gates }: Pick<RolloutState, 'gates'>): Breach[] {
  return GATE_NAMES.flatMap((gate) => gates[gate].breach ?? [])
}

/** The share that acts on ML now. */
export function exposedShare(plan: Pick<RolloutPlan, 'steps'>, state: Pick<RolloutState, 'phase' | 'step'>): number {
  return state.phase === 'live' || state.phase === 'done' ? stepOf(plan, state).share : 0
}

export function stepOf({ steps }: Pick<RolloutPlan, 'steps'>, { step }: Pick<RolloutState, 'step'>): RolloutStep {
  const found = steps[step]
  if (found === undefined) throw new RangeError(`the plan has no step ${step}`)
  return found
}

/** The confidence floor that counts: the base one, raised by the controller up to the plan's highest. */
export function effectiveFloor(plan: RolloutPlan, modifiers: readonly Modifier[], base: number): number {
  const raised = modifiers.filter(({ kind }) => kind === 'floor').reduce((sum, { amount }) => sum + amount, base)
  return Math.max(base, Math.min(plan.floorMax, raised))
}

export function pollFactor(modifiers: readonly Modifier[]): number {
  return modifiers.filter(({ kind }) => kind === 'poll').reduce((factor, { amount }) => Math.max(factor, amount), 1)
}

/**
 * A rollout in its first step. Only what is not of the model is taken over from the one before: staleness and dead letters.
 */
export function startRollout(
  plan: RolloutPlan,
  start: { rolloutId: string; planDigest: string; ceiling: number; nowMs: number },
  before: RolloutState | null,
): RolloutState {
  // The slice that began before belongs to whatever was measured then.
  const firstSliceMs = Math.ceil(start.nowMs / plan.sliceMs) * plan.sliceMs
  // With a hole between the two the older verdicts would stand beside the wrong times.
  const fresh = before !== null && start.nowMs - before.judgedToMs <= plan.sliceMs + plan.sliceOverdueMs ? before.gates : null
  const carried = (gate: GateName) => {
    const state = fresh?.[gate]
    return state === undefined ? emptyGate() : { ...state, breach: null, warnedMs: null }
  }
  return {
    rolloutId: start.rolloutId,
    planDigest: start.planDigest,
    startedMs: start.nowMs,
    endedMs: null,
    phase: 'preview',
    phaseReason: null,
    step: 0,
    previewServed: false,
    ceiling: start.ceiling,
    paused: null,
    approval: null,
    override: null,
    skipDwell: false,
    modifiers: [],
    stepStartedMs: start.nowMs,
    goodMs: 0,
    calmMs: 0,
    blindMs: 0,
    judgedToMs: firstSliceMs,
    tickedMs: start.nowMs,
    recent: [],
    gates: { ...emptyGates(), staleness: carried('staleness'), dead_letters: carried('dead_letters') },
    stepBreaches: 0,
    breaches: { ended: [], total: 0, critical: 0 },
    tally: emptyTally(start.nowMs),
  }
}
