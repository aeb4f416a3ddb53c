import type { RolloutState } from '@spark/core/rollout/state'
import type { GateName } from '@spark/core/rollout/plan'
import type { Decision } from '@spark/core/rollout/outcome'
import type { FaultKind } from '../fault.ts'
import type { KeptRow } from '../memory-audit.ts'
import type { Rehearsal } from '../rehearse.ts'
import { Follower, type Followed } from './follow.ts'

/** A slice is sealed so long after its end, and looked at within two ticks, ms. */
const LATE_MS = 5000 + 2 * 5000
/** The share of a dwell, at its end, that must be calm. */
const CALM = 1 / 5
/** With these nobody may be there in time to see it. */
const HINDERING: ReadonlySet<FaultKind> = new Set([
  'crash',
  'freeze',
  'controller_away',
  'locked_database',
  'full_disk',
  'slow_disk',
  'clock_forward',
  'clock_back',
])
const HARSH: ReadonlySet<Decision> = new Set(['kill', 'rollback'])
const PREVIEW: ReadonlySet<Decision> = new Set(['kill', 'rollback', 'preview_only'])

/**
 * Every step forward had its evidence, every breach was acted on by the decision that saw its hold completed, and nothing was taken
 * back without a breach. All of it is worked out again from the rows, without the rollout's own code.
 */
export function checkDecisions(rehearsal: Rehearsal): string[] {
  const { rows, plan, faults } = rehearsal
  const [start, ...rest] = rows
  if (start === undefined) return ['there is no rollout']
  const follower = new Follower(plan, start.context['state'] as RolloutState)
  const isHindered = faults.some(({ kind }) => HINDERING.has(kind))
  return rest.flatMap((row) => {
    const one = row.context as unknown as Followed
    const acted = follower.acts
    follower.take(one.input)
    const problems = follower.ended
      ? []
      : [
          ...(one.input.facts === null ? [] : unanswered(follower, one, acted, isHindered)),
          ...(one.input.facts === null ? [] : ungrounded(follower, one)),
          ...(one.decision === 'advance' ? unproven(follower, one) : []),
        ]
    follower.settle(one)
    return problems.map((problem) => `${at(row)}: ${problem}`)
  })
}

const at = ({ sinceMs, id }: KeptRow): string => `${(sinceMs / 60_000).toFixed(2)} min, ${id}`

/** Breaches that are complete beyond doubt: a whole hold of critical slices, none of them missing. */
function unanswered(follower: Follower, { input, decision }: Followed, acted: boolean, isHindered: boolean): string[] {
  const { evidence, plan } = follower
  const complete = (gate: GateName): boolean => {
    const { slots, critical } = evidence.among(gate, plan.gates[gate].holdMs)
    return input.slices.length > 0 && critical === slots
  }
  const problems: string[] = []
  const demand = (gate: GateName, by: ReadonlySet<Decision>): void => {
    if (!complete(gate)) return
    if (!by.has(decision)) problems.push(`${gate} was critical for its whole hold, and the decision is ${decision}`)
    const lateMs = input.nowMs - evidence.lastEndMs()
    if (!isHindered && lateMs > LATE_MS) problems.push(`${gate}: acted on ${lateMs} ms after the slice that completed its hold`)
  }
  demand('staleness', HARSH)
  demand('error_rate', HARSH)
  if (acted) demand('p95', HARSH)
  if (!follower.previewOnly) for (const gate of ['p95', 'confid_median', 'dead_letters'] as const) demand(gate, PREVIEW)
  const blindMs = evidence.uncovered() * plan.sliceMs
  if (acted && !isHindered && blindMs >= plan.blindMs && !PREVIEW.has(decision))
    problems.push(`blind for ${blindMs} ms while exposed, and the decision is ${decision}`)
  return problems
}

/** What the controller took back by itself had a cause. */
function ungrounded({ breached }: Follower, { input, decision, reasons }: Followed): string[] {
  if (input.commands.length > 0 || !PREVIEW.has(decision)) return []
  const said = reasons.join('; ')
  if (said.includes('at once') || said.startsWith('blind') || said.includes('worse than the baseline')) return []
  const gates: readonly GateName[] =
    decision === 'preview_only' ? ['p95', 'confid_median', 'dead_letters'] : ['p95', 'staleness', 'error_rate']
  return gates.some((gate) => breached.has(gate)) ? [] : [`${decision} without a breach: ${said}`]
}

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
  need(follower.open.size === 0, `a breach of ${[...follower.open].join(', ')} is not over`)
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
    need(follower.moved.size === 0, `a counter-move of ${[...follower.moved].join(', ')} is active`)
  }
  if (target?.proven === true) need(facts?.verdict === 'proven', 'the model is not proven')
  const asks = follower.previewOnly || target?.approval === true || follower.stepBreaches >= plan.breachesMax
  if (asks) need(isApproved, `nobody has approved (${follower.stepBreaches} breaches in the step)`)
  return missing.map((what) => `advanced to ${target?.name ?? 'done'} although ${what}`)
}
