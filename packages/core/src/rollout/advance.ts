import type { Effect, Outcome, TickFacts } from './outcome.ts'
import { isAllGood, isCovered } from './gate.ts'
import type { RolloutPlan, RolloutStep } from './plan.ts'
import { reasonText } from './reason.ts'
import { nextTally } from './slice.ts'
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
  if (state.paused !== null)
    return wait('pause', [reasonText('paused', { who: state.paused.by }), ...missing.held, ...missing.firm])
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
    ...openBreaches(state).map(({ gate }) => reasonText('breach_open', { gate })),
    ...when(target.ceilingHolds, () => reasonText('ceiling', { share: shareText(state.ceiling) })),
  ]
  const firm = [
    ...when(raises && !isCovered(plan, state.gates), () => facts.nobodyAsks ?? reasonText('not_covered')),
    ...when(raises && facts.parity !== null, () => reasonText('parity', { facts: facts.parity ?? '' })),
    ...when(raises && facts.risk !== null, () => reasonText('risk', { facts: facts.risk ?? '' })),
  ]
  const soft = [
    ...when(needsDwell && goodLeftMs > 0, () => reasonText('good_time', { minutes: minutes(goodLeftMs) })),
    // The calm passes while good time is served: said only when it takes longer.
    ...when(needsDwell && calmLeftMs > Math.max(0, goodLeftMs), () => reasonText('calm_time', { minutes: minutes(calmLeftMs) })),
    ...when(raises && !isAllGood(state.gates), () => reasonText('not_on_target')),
    ...when(raises && state.modifiers.length > 0, () => reasonText('counter_move_active')),
    ...when(target.step?.proven === true && facts.verdict !== 'proven', () =>
      reasonText('not_proven', { verdict: facts.verdict }),
    ),
  ]
  const approvals = [
    ...when(state.stepBreaches >= plan.breachesMax, () => reasonText('step_breaches', { count: state.stepBreaches })),
    ...when(target.step?.approval === true, () => reasonText('step_approval', { step: target.step?.name ?? '' })),
    ...when(returning, () => reasonText('return_approval')),
  ]
  return { held, firm, soft, approvals }
}

function step(plan: RolloutPlan, state: RolloutState, index: number | null, nowMs: number): Outcome {
  const spent = { approval: null, override: null, skipDwell: false, phaseReason: null }
  if (index === null) {
    const reasons = [reasonText('served', { step: stepOf(plan, state).name })]
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
    tally: nextTally(state.tally, nowMs),
  }
  const effects: Effect[] = [
    { kind: 'expose', share },
    { kind: 'resolve', code: 'rollout_preview_only', scope: 'rollout' },
  ]
  return { state: next, decision: 'advance', reasons: [reasonText('begins', { step: name })], effects }
}

function isApproved({ approvalMs }: RolloutPlan, { approval }: RolloutState, nowMs: number): boolean {
  return approval !== null && nowMs - approval.atMs <= approvalMs
}

const when = (holds: boolean, reason: () => string): string[] => (holds ? [reason()] : [])
const minutes = (ms: number): number => Math.ceil(ms / 60_000)

/** `10 %`, `preview`. */
export function shareText(share: number): string {
  return share === 0 ? 'preview' : `${Math.round(share * 1000) / 10} %`
}
