import { shareText, targetStep } from './advance.ts'
import { type GateName, type RolloutPlan } from './plan.ts'
import type { Standing } from './standing.ts'
import { exposedShare, openBreaches, stepOf, type RolloutState } from './state.ts'

/** In which phase it is, what it waits for, when it can go on at the earliest, and what would stop it. */
export function rolloutSentence(plan: RolloutPlan, state: RolloutState, standing: Standing): string {
  const { phase, phaseReason, endedMs } = state
  const why = phaseReason === null ? '' : ` (${phaseReason})`
  const at = endedMs === null ? '' : ` at ${minuteText(endedMs)}`
  if (phase === 'rolled_back')
    return `Rolled back${at}${why}: nobody acts on ML, and another try is a new rollout, not before ${minuteText((endedMs ?? 0) + plan.coolDownMs)}.`
  if (phase === 'killed')
    return `Killed${at}${why}: no order increases risk until the kill switch is lifted; after that another try is a new rollout.`
  if (phase === 'off') return `Off${why}: nobody acts on ML, and another try is a new rollout.`
  if (phase === 'done' && standing.subState !== 'holding')
    return `Done: ${shareText(exposedShare(plan, state))} acts on ML, and the guards stay armed: ${stopText(plan, state)}.`
  const waits = waitText(plan, state, standing)
  if (phase === 'preview_only') return `Preview only${why}: scored and shown, nobody acts on ML; ${waits}.`
  const head = phase === 'preview' ? 'Preview, nobody acts on ML' : `${stepOf(plan, state).name} acts on ML`
  return `${head}: ${waits}; ${stopText(plan, state)}.`
}

function waitText(plan: RolloutPlan, state: RolloutState, { reasons, dwell }: Standing): string {
  const next = targetStep(plan, state).step?.name ?? 'done'
  const { earliestAdvanceMs } = dwell
  if (reasons.length === 0) return `${next} begins at the next tick`
  const earliest = earliestAdvanceMs === null ? '' : `, ${next} at the earliest ${minuteText(earliestAdvanceMs)}`
  return `it waits (${reasons.join('; ')})${earliest}`
}

const ROLLS_BACK: readonly GateName[] = ['p95', 'staleness', 'error_rate']
const PREVIEW_ROLLS_BACK: readonly GateName[] = ['staleness', 'error_rate']
const PREVIEW_ONLY: readonly GateName[] = ['confid_median', 'dead_letters']

/** What ends the step: each limit with its hold, the ones that are being broken with how long they have been. */
function stopText(plan: RolloutPlan, state: RolloutState): string {
  const live = exposedShare(plan, state) > 0
  const list = (gates: readonly GateName[]) => gates.map((gate) => limitText(plan, state, gate)).join(' or ')
  const back = `${list(live ? ROLLS_BACK : PREVIEW_ROLLS_BACK)} rolls it back`
  return `${back}, ${list(live ? PREVIEW_ONLY : ['p95', ...PREVIEW_ONLY])} makes it preview-only`
}

const NAMES: Record<GateName, (limit: number) => string> = {
  p95: (limit) => `p95 > ${limit} ms`,
  staleness: (limit) => `staleness > ${limit} s`,
  error_rate: (limit) => `errors > ${limit} %`,
  score_rate: (limit) => `scores < ${Math.round(100 * limit)} % of what is due`,
  confid_median: (limit) => `median confidence < ${limit}`,
  dead_letters: (limit) => `more than ${limit} dead letters`,
}

function limitText(plan: RolloutPlan, state: RolloutState, gate: GateName): string {
  const { critical, holdMs } = plan.gates[gate]
  const breach = openBreaches(state).find((one) => one.gate === gate)
  const already = breach === undefined ? '' : `, critical since ${minuteText(breach.sinceMs)},`
  return `${NAMES[gate](critical)}${already} for ${durationText(holdMs)}`
}

function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  return minutes >= 60 && minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}

/** `2026-01-05 14:03 UTC`. */
export function minuteText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
