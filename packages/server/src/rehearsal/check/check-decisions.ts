import { GATE_NAMES } from '@spark/core/rollout/plan'
import type { Decision, TickFacts } from '@spark/core/rollout/outcome'
import type { Modifier, RolloutState } from '@spark/core/rollout/state'
import type { KeptRow } from '../memory-audit.ts'
import type { Rehearsal } from '../rehearse.ts'
import { Absence } from './absence.ts'
import type { EpisodeEvent } from './episode.ts'
import { Follower, type Followed } from './follow.ts'

/** The share of a dwell, at its end, that must be calm. */
const CALM = 1 / 5
const TICK_MS = 5000
/** A slice is sealed so long after its end, and looked at within two ticks, ms. */
const LATE_MS = 5000 + 2 * TICK_MS
/** Without news a rehearsal lets the controller decide so often, ms; without faults once a slice. */
const ANYWAY_MS = 15_000
/** What is decided by what was measured, and not because a person said so. */
const REACTIONS: ReadonlySet<Decision> = new Set(['kill', 'rollback', 'preview_only', 'counter_move'])

/**
 * Somebody decided all the time, but while a fault kept everybody away; every step forward had its evidence; every breach, blindness
 * and lasting warning was answered by the tick that saw it, in time, and nothing was taken back without one; people were told of each.
 * All of it is worked out again from the rows, without the rollout's own code, and so is the state, which is compared with the one that
 * the replay comes to (null: it came to another answer).
 */
export function checkDecisions(rehearsal: Rehearsal, states: readonly (RolloutState | null)[]): string[] {
  const { rows, plan, lastedMs, faults } = rehearsal
  const [start] = rows
  if (start === undefined) return ['there is no rollout']
  const follower = new Follower(plan, start.context['state'] as RolloutState)
  const absence = new Absence(rehearsal)
  const oftenMs = (faults.length === 0 ? plan.sliceMs : ANYWAY_MS) + TICK_MS
  let tickedMs = start.sinceMs
  const silent = (untilMs: number): string[] => {
    const ms = untilMs - tickedMs
    const mayMs = oftenMs + absence.within(tickedMs, untilMs)
    return ms > mayMs ? [`nobody decided for ${ms} ms, and at most ${mayMs} ms of it have a cause`] : []
  }
  const found = rows.flatMap((row, place) => {
    const one = row.context as unknown as Followed
    const hadEnded = follower.ended
    if (place === 0 || hadEnded) return []
    follower.take(one.input)
    const { facts } = one.input
    const problems: string[] = []
    if (facts !== null) {
      problems.push(
        ...silent(row.sinceMs),
        ...wrongReaction(follower, one, facts, (ms) => absence.hindering(row.sinceMs - ms, row.sinceMs)),
        ...untold(follower, one),
      )
      tickedMs = row.sinceMs
    }
    if (one.decision === 'advance') problems.push(...unproven(follower, one))
    follower.settle(one)
    problems.push(...beyondCeiling(follower), ...otherState(follower, states[place] ?? null))
    return problems.map((problem) => `${at(row)}: ${problem}`)
  })
  return follower.ended ? found : [...found, ...silent(lastedMs)]
}

const at = ({ sinceMs, id }: KeptRow): string => `${(sinceMs / 60_000).toFixed(2)} min, ${id}`

function wrongReaction(
  follower: Follower,
  { input, decision, reasons }: Followed,
  facts: TickFacts,
  /** For how much of so long before the tick a fault is the cause. */
  hinderedMs: (ms: number) => number,
): string[] {
  const { decision: demanded, cause } = follower.demanded(facts)
  const decided = REACTIONS.has(decision) ? decision : null
  if (demanded !== decided)
    return [`${cause ?? 'a warning'} asks for ${demanded ?? 'nothing'}, and the decision is ${decision}: ${reasons.join('; ')}`]
  const { evidence, plan } = follower
  const lateMs = input.nowMs - evidence.lastEndMs()
  const mayMs = evidence.newest() === null ? plan.sliceOverdueMs + ANYWAY_MS + TICK_MS : LATE_MS
  const isLate = demanded !== null && lateMs > mayMs + hinderedMs(lateMs)
  return isLate ? [`${decision} ${lateMs} ms after the slice that asked for it`] : []
}

/** What people and the triage hear of a gate. */
const TOLD: Record<EpisodeEvent, { kind: 'alert' | 'resolve'; code: 'breach' | 'warning' }> = {
  opened: { kind: 'alert', code: 'breach' },
  critical: { kind: 'alert', code: 'breach' },
  cleared: { kind: 'resolve', code: 'breach' },
  warning_lasts: { kind: 'alert', code: 'warning' },
  warning_over: { kind: 'resolve', code: 'warning' },
}

function untold({ events }: Follower, { effects }: Followed): string[] {
  return events.flatMap(({ gate, kind }) => {
    const { kind: wanted, code } = TOLD[kind]
    const told = effects.some((one) => one.kind === wanted && one.code === code && one.scope === `gate:${gate}`)
    const isLooked = kind !== 'critical' || effects.some((one) => one.kind === 'triage' && one.gate === gate)
    return told && isLooked ? [] : [`${gate}: ${kind}, and nobody hears of it`]
  })
}

function beyondCeiling({ acts, step, ceiling, plan }: Follower): string[] {
  const share = acts ? (plan.steps[Math.min(step, plan.steps.length - 1)]?.share ?? 0) : 0
  return share > ceiling ? [`a share of ${share} acts on ML, and ${ceiling} is approved`] : []
}

/** In what the state is not what the rows say that it must be. */
function otherState(follower: Follower, state: RolloutState | null): string[] {
  if (state === null || follower.ended) return []
  const { plan, episodes, moves, evidence } = follower
  const gates = GATE_NAMES.map((gate) => [gate, episodes[gate].open, episodes[gate].critical] as const)
  const wanted = {
    gates: gates.map(([gate, open, critical]) => `${gate} ${open ? (critical ? 'critical' : 'open') : 'clear'}`).join(', '),
    goodMs: follower.good * plan.sliceMs,
    stepBreaches: follower.stepBreaches,
    blindMs: evidence.blind * plan.sliceMs,
    moves: movesText(moves),
  }
  const found = {
    gates: GATE_NAMES.map((gate) => {
      const { breach } = state.gates[gate]
      return `${gate} ${breach === null ? 'clear' : breach.critical ? 'critical' : 'open'}`
    }).join(', '),
    goodMs: state.goodMs,
    stepBreaches: state.stepBreaches,
    blindMs: state.blindMs,
    moves: movesText(state.modifiers),
  }
  return (Object.keys(wanted) as (keyof typeof wanted)[]).flatMap((key) =>
    wanted[key] === found[key] ? [] : [`${key} must be ${wanted[key]}, and is ${found[key]}`],
  )
}

const movesText = (moves: readonly Modifier[]): string =>
  moves.map(({ gate, kind, amount }) => `${gate} ${kind} ${amount.toFixed(4)}`).join(', ')

/** A step forward without its evidence. */
function unproven(follower: Follower, { input, effects }: Followed): string[] {
  const { evidence, plan } = follower
  const { facts, nowMs, commands } = input
  const expose = effects.find((effect) => effect.kind === 'expose')
  const share = expose?.share ?? null
  const from = plan.steps[follower.step]
  const next = follower.previewOnly ? (follower.wasLive ? 1 : 0) : follower.step + 1
  const target = plan.steps[next] ?? null
  const missing: string[] = []
  const need = (holds: boolean, what: string): void => void (holds || missing.push(what))
  need(commands.length === 0 || facts !== null, 'a person alone does not advance')
  need((target?.share ?? null) === share, `the next step is ${target?.name ?? 'done'}, not a share of ${share ?? 'none'}`)
  need(!follower.paused, 'it is paused')
  need(share === null || share <= follower.ceiling, `the ceiling is ${follower.ceiling}`)
  need(follower.openGates().length === 0, `a breach of ${follower.openGates().join(', ')} is not over`)
  const raises = (share ?? 0) > 0
  if (raises) {
    need(evidence.isCovered(), 'the last slices are not covered')
    need(facts?.parity === null, `the processes differ: ${facts?.parity ?? ''}`)
    need(facts?.risk === null, `risk is not free: ${facts?.risk ?? ''}`)
  }
  const isApproved = follower.approvedMs !== null && nowMs - follower.approvedMs <= plan.approvalMs
  if (follower.overridden) return missing
  if (!follower.previewOnly && !follower.promoted && from !== undefined) {
    need(follower.good * plan.sliceMs >= from.dwellMs, `${follower.good} good slices of ${from.dwellMs / plan.sliceMs}`)
    need(evidence.calm() * plan.sliceMs >= CALM * from.dwellMs, `a warning ${evidence.calm()} slices ago`)
  }
  if (raises) {
    need(evidence.isGood(), 'not every gate is good')
    need(follower.moves.length === 0, `a counter-move is active: ${movesText(follower.moves)}`)
  }
  if (target?.proven === true) need(facts?.verdict === 'proven', 'the model is not proven')
  const asks = follower.previewOnly || target?.approval === true || follower.stepBreaches >= plan.breachesMax
  if (asks) need(isApproved, `nobody has approved (${follower.stepBreaches} breaches in the step)`)
  return missing.map((what) => `advanced to ${target?.name ?? 'done'} although ${what}`)
}
