import { Decimal } from '@spark/core/trading/decimal'
import type { Effect } from '@spark/core/rollout/outcome'
import type { Arrival, Exposure } from '../course.ts'
import type { Rehearsal } from '../rehearse.ts'

/** From the mark "sending" to the socket, and the way to the venue, ms. */
const FENCE_MS = 1000 + 50
/** A lease is renewed with a decision, which is on disk a moment later. */
const LEASE_SLACK_MS = 1000

/** Exposure is a prefix within its share, and no order of an old epoch reaches the venue. */
export function checkExposure(rehearsal: Rehearsal): string[] {
  return [...prefixes(rehearsal), ...fences(rehearsal)]
}

function prefixes({ exposures, members, rows }: Rehearsal): string[] {
  const problems: string[] = []
  const total = members.reduce((sum, { capital }) => sum.plus(capital), new Decimal(0))
  for (const { sinceMs, phase, ids } of exposures) {
    if (ids.length === 0) continue
    const share = shareAt(rows, sinceMs)
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

/** The share that the newest decision by then exposed. */
function shareAt(rows: Rehearsal['rows'], sinceMs: number): number {
  let share = 0
  for (const row of rows) {
    if (row.sinceMs > sinceMs) break
    for (const effect of (row.context['effects'] ?? []) as Effect[]) {
      if (effect.kind === 'expose') share = effect.share
      if (effect.kind === 'fence') share = 0
    }
  }
  return share
}

function fences({ arrivals, exposures, rows, plan }: Rehearsal): string[] {
  const ticks = rows.filter(({ actor }) => actor === 'controller').map(({ sinceMs }) => sinceMs)
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
