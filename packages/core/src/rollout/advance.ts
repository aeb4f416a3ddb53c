import type { Effect, Outcome, TickFacts } from './outcome.ts'
import { isAllGood, isCovered } from './gate.ts'
import type { RolloutPlan, RolloutStep } from './plan.ts'
import { emptyTally } from './slice.ts'
import { hasEnded, openBreaches, stepOf, type RolloutState } from './state.ts'

/** The share of its dwell, at its end, in which a step must be without a warning. */
export const CALM_SHARE = 1 / 5

interface Missing {
  /** What no dwell mends by itself: a breach, a ceiling. An override of two people does not waive it either. */
  held: string[]
  /** What an override cannot waive either. */
  firm: string[]
  /** What it can. */
  soft: string[]
  /** Breaches that hold until somebody approves. */
  approvals: string[]
}

/** One step forward when all holds, else what it waits for. Nothing is caught up: each step begins its dwell anew. */
export function advance(plan: RolloutPlan, state: RolloutState, facts: TickFacts, nowMs: number): Outcome {
  const wait = (decision: Outcome['decision'], reasons: string[]): Outcome => ({ state, decision, reasons, effects: [] })
  if (hasEnded(state) || state.phase === 'done') return wait('soak', [])
  const target = targetStep(plan, state)
  const missing = missingFor(plan, state, target, facts)
  if (state.paused !== null) return wait('pause', [`paused by ${state.paused.by}`, ...missing.held, ...missing.firm])
  const held = missing.held.length > 0
  if (held || missing.firm.length > 0) return wait(held ? 'hold' : 'soak', [...missing.held, ...missing.firm, ...missing.soft])
  if (missing.soft.length > 0 && state.override === null) return wait('soak', missing.soft)
  if (missing.approvals.length > 0 && !isApproved(plan, state, nowMs) && state.override === null)
    return wait('await_approval', missing.approvals)
  return step(plan, state, target.index, nowMs)
}

interface Target {
  /** Index of the step to go to; null: the last one is served, and then it is done. */
  index: number | null
  step: RolloutStep | null
  /** The approved share does not go so far. */
  ceilingHolds: boolean
}

export function targetStep({ steps }: RolloutPlan, state: RolloutState): Target {
  // Who returns from preview-only goes to preview, or to the first share when the preview has been served.
  const index = state.phase === 'preview_only' ? (state.previewServed ? 1 : 0) : state.step + 1
  const found = steps[index] ?? null
  return { index: found === null ? null : index, step: found, ceilingHolds: found !== null && found.share > state.ceiling }
}

function missingFor(plan: RolloutPlan, state: RolloutState, target: Target, facts: TickFacts): Missing {
  const returning = state.phase === 'preview_only'
  const raises = (target.step?.share ?? 0) > 0
  const { dwellMs } = stepOf(plan, state)
  const needsDwell = !returning && !state.skipDwell
  const goodLeftMs = dwellMs - state.goodMs
  const calmLeftMs = CALM_SHARE * dwellMs - state.calmMs
  const held = [
    ...openBreaches(state).map(({ gate }) => `the breach of ${gate} is not over`),
    ...when(target.ceilingHolds, `the approved ceiling is ${shareText(state.ceiling)}`),
  ]
  const firm = [
    ...when(raises && !isCovered(plan, state.gates), facts.nobodyAsks ?? 'too few slices of the last minutes can be judged'),
    ...when(raises && facts.parity !== null, `the processes differ: ${facts.parity ?? ''}`),
    ...when(raises && facts.risk !== null, `risk is not free: ${facts.risk ?? ''}`),
  ]
  const soft = [
    ...when(needsDwell && goodLeftMs > 0, `${minutes(goodLeftMs)} more of good time`),
    // The calm passes while good time is served: said only when it takes longer.
    ...when(needsDwell && calmLeftMs > Math.max(0, goodLeftMs), `${minutes(calmLeftMs)} more without a warning`),
    ...when(raises && !isAllGood(state.gates), 'not every figure is on its target'),
    ...when(raises && state.modifiers.length > 0, 'a counter-move of the controller is active'),
    ...when(
      target.step?.proven === true && facts.verdict !== 'proven',
      `the model is ${facts.verdict}, the plan wants it proven`,
    ),
  ]
  const approvals = [
    ...when(state.stepBreaches >= plan.breachesMax, `${state.stepBreaches} breaches in this step: a person must approve`),
    ...when(target.step?.approval === true, `the step ${target.step?.name ?? ''} needs an approval`),
    ...when(returning, `returning from preview-only needs an approval`),
  ]
  return { held, firm, soft, approvals }
}

function step(plan: RolloutPlan, state: RolloutState, index: number | null, nowMs: number): Outcome {
  const spent = { approval: null, override: null, skipDwell: false, phaseReason: null }
  if (index === null) {
    const reasons = [`${stepOf(plan, state).name} has served its dwell: done`]
    return { state: { ...state, ...spent, phase: 'done' }, decision: 'advance', reasons, effects: [] }
  }
  const { name, share } = stepOf(plan, { step: index })
  const next: RolloutState = {
    ...state,
    ...spent,
    phase: share > 0 ? 'live' : 'preview',
    step: index,
    previewServed: state.previewServed || share > 0,
    stepStartedMs: nowMs,
    goodMs: index === 0 ? state.goodMs : 0,
    stepBreaches: 0,
    tally: emptyTally(nowMs),
  }
  const effects: Effect[] = [
    { kind: 'expose', share },
    { kind: 'resolve', code: 'rollout_preview_only', scope: 'rollout' },
  ]
  return { state: next, decision: 'advance', reasons: [`${name} begins`], effects }
}

function isApproved({ approvalMs }: RolloutPlan, { approval }: RolloutState, nowMs: number): boolean {
  return approval !== null && nowMs - approval.atMs <= approvalMs
}

const when = (holds: boolean, reason: string): string[] => (holds ? [reason] : [])
const minutes = (ms: number): string => `${Math.ceil(ms / 60_000)} min`

/** `10 %`, `preview`. */
export function shareText(share: number): string {
  return share === 0 ? 'preview' : `${Math.round(share * 1000) / 10} %`
}
