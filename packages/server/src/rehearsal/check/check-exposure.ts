import type { Member } from '@spark/core/rollout/exposure'
import { murmur3 } from '@spark/core/stats/murmur3'
import { Decimal } from '@spark/core/trading/decimal'
import type { Effect } from '@spark/core/rollout/outcome'
import type { Arrival, Exposure } from '../course.ts'
import type { Fault } from '../fault.ts'
import type { Rehearsal } from '../rehearse.ts'

/** From the mark "sending" to the socket, and the way to the venue, ms. */
const FENCE_MS = 1000 + 50
/** A lease is renewed with a decision, which is on disk a moment later. */
const LEASE_SLACK_MS = 1000

/** Exposure is a prefix within its share, and no order of an old epoch reaches the venue. */
export function checkExposure(rehearsal: Rehearsal): string[] {
  return [...orderOfJoining(rehearsal), ...prefixes(rehearsal), ...fences(rehearsal), ...leftOn(rehearsal)]
}

/** Canary stream first, then by the hash of rollout and strategy. */
function orderOfJoining({ members, state }: Rehearsal): string[] {
  const place = ({ canary, strategyId }: Member) => [canary ? 0 : 1, murmur3(`${state.rolloutId}|${strategyId}`)] as const
  return members.slice(1).flatMap((member, at) => {
    const before = members[at]
    if (before === undefined) return []
    const [[group, hash], [groupBefore, hashBefore]] = [place(member), place(before)]
    const isBehind = group > groupBefore || (group === groupBefore && hash >= hashBefore)
    return isBehind ? [] : [`${member.strategyId} joins behind ${before.strategyId}, and belongs before it`]
  })
}

function leftOn({ exposures }: Rehearsal): string[] {
  return exposures.flatMap(({ sinceMs, phase, mlOff }) =>
    (phase === 'rolled_back' || phase === 'killed') && !mlOff ? [`at ${sinceMs} ms: ${phase}, and ML is on`] : [],
  )
}

function prefixes({ exposures, members, rows, faults }: Rehearsal): string[] {
  const problems: string[] = []
  const slackMs = steppedMs(faults)
  const total = members.reduce((sum, { capital }) => sum.plus(capital), new Decimal(0))
  for (const { sinceMs, phase, ids } of exposures) {
    if (ids.length === 0) continue
    const share = shareAt(rows, sinceMs, slackMs)
    const exposed = new Set(ids)
    const prefix = members.slice(0, ids.length)
    const capital = prefix.reduce((sum, { capital: own }) => sum.plus(own), new Decimal(0))
    const at = `at ${sinceMs} ms`
    if (!prefix.every(({ strategyId }) => exposed.has(strategyId))) problems.push(`${at}: who is exposed is no prefix`)
    if (ids.length > share * members.length + 1e-9)
      problems.push(`${at}: ${ids.length} strategies are exposed at a share of ${share}`)
    if (capital.gt(total.times(share))) problems.push(`${at}: ${capital.toString()} of capital is exposed at a share of ${share}`)
    if (phase !== 'live' && phase !== 'done') problems.push(`${at}: ${ids.length} strategies are exposed in ${phase}`)
  }
  return problems
}

/** A row that waited for the relay while the clock stepped has a time that lies so far apart at most. */
function steppedMs(faults: readonly Fault[]): number {
  return Math.max(
    0,
    ...faults.map(({ kind, strength }) => (kind === 'clock_forward' || kind === 'clock_back' ? 1000 * strength : 0)),
  )
}

/** The share that the newest decision by then exposed; the largest of those that may have been the newest. */
function shareAt(rows: Rehearsal['rows'], sinceMs: number, slackMs: number): number {
  let newest = 0
  let largest = 0
  for (const row of rows) {
    if (row.sinceMs > sinceMs + slackMs) break
    for (const effect of (row.context['effects'] ?? []) as Effect[]) {
      if (effect.kind === 'expose') newest = effect.share
      if (effect.kind === 'fence') newest = 0
    }
    largest = row.sinceMs > sinceMs - slackMs ? Math.max(largest, newest) : newest
  }
  return largest
}

function fences({ arrivals, exposures, rows, plan }: Rehearsal): string[] {
  // Rows that waited for the relay while the clock stepped come in another order.
  const ticks = rows
    .filter(({ actor }) => actor === 'controller')
    .map(({ sinceMs }) => sinceMs)
    .toSorted((a, b) => a - b)
  return arrivals.flatMap((arrival) => [
    ...(fenceProblem(arrival, exposures) ?? []),
    ...(leaseProblem(arrival, ticks, plan.leaseMs) ?? []),
  ])
}

/** Nobody watches any more: exposure has ended by itself. */
function leaseProblem(
  { purpose, arm, sendingMs, clientOrderId }: Arrival,
  ticks: readonly number[],
  leaseMs: number,
): string[] | null {
  if (purpose !== 'enter' || arm !== 'ml') return null
  const ticked = ticks.findLast((sinceMs) => sinceMs <= sendingMs) ?? Number.NEGATIVE_INFINITY
  const aloneMs = sendingMs - ticked
  return aloneMs > leaseMs + LEASE_SLACK_MS
    ? [`ml entry ${clientOrderId} was sent ${aloneMs} ms after the controller's last decision`]
    : null
}

function fenceProblem(arrival: Arrival, exposures: readonly Exposure[]): string[] | null {
  const { purpose, arm, epoch, epochNow, sinceMs, sendingMs, strategyId, clientOrderId } = arrival
  // Exits always work.
  if (purpose !== 'enter') return null
  const what = `${arm} entry ${clientOrderId} of ${strategyId}, epoch ${epoch}, sent at ${sendingMs} ms`
  if (epoch !== epochNow) {
    const closed = exposures.find((one) => one.epoch > epoch)
    const marked = closed !== undefined && sendingMs <= closed.sinceMs && sinceMs - sendingMs <= FENCE_MS
    if (!marked) return [`${what}: arrived at ${sinceMs} ms under epoch ${epochNow}, which began at ${closed?.sinceMs ?? 0} ms`]
  }
  const then = exposures.findLast((one) => one.sinceMs <= sendingMs)
  return arm === 'ml' && then?.ids.includes(strategyId) !== true ? [`${what}: the strategy was not exposed then`] : null
}
