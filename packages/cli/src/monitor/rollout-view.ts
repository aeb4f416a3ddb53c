import type { Client } from '@spark/contract/client'
import type { AnswerOf } from '@spark/contract/routes'
import { SLO_LIMITS, sloState, type SloLimit } from '../watch/slo-limits.ts'
import type { GateView, RolloutView } from './snapshot.ts'

type Point = AnswerOf<'timeseries'>['data'][number]

/**
 * What the monitor shows of phase and gates: the one place that asks for them. There is no rollout in this version, so the gates
 * are the figures of the last hour with the playbook's limits.
 */
export async function askRollout(client: Client): Promise<RolloutView> {
  const { data } = await client.call('timeseries', { query: { window: '1h' } })
  return { phase: null, share: null, waitsFor: [], gates: SLO_LIMITS.map((limits) => gateView(limits, data)) }
}

/** `points`: oldest first; the last one is now. */
export function gateView(limits: SloLimit, points: readonly Point[]): GateView {
  const { metric, label, unit, bad, good, critical, holdS } = limits
  const value = points.at(-1)?.[metric] ?? null
  return { label, value, unit, state: sloState(limits, value), bad, good, critical, inBreachS: inBreachS(limits, points), holdS }
}

function inBreachS(limits: SloLimit, points: readonly Point[]): number {
  const before = points.findLastIndex((point) => sloState(limits, point[limits.metric]) !== 'critical')
  const first = points[before + 1]
  const last = points.at(-1)
  return first === undefined || last === undefined ? 0 : Math.round((last.ts - first.ts) / 1000)
}
