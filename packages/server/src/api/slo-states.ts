import type { Slo } from '@spark/contract/rollout'
import { higherIsWorse, type GateName, type RolloutPlan } from '@spark/core/rollout/plan'
import { JUDGED_MS } from '@spark/core/rollout/slo'
import { readSloSlices } from '../slo-slices.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import { currentMetrics } from './slo-view.ts'

const FIGURES = [
  ['p95_ms', 'p95'],
  ['staleness_s', 'staleness'],
  ['error_rate', 'error_rate'],
  ['ml_score_per_min', 'score_rate'],
  ['confid_median', 'confid_median'],
  ['dlq_size', 'dead_letters'],
] as const

/** The figures of get_metrics beside the limits of the plan, each with what it is now. */
export async function sloOf(store: MetricSliceStore, plan: RolloutPlan, nowMs: number): Promise<Slo> {
  const metrics = await currentMetrics(store, nowMs)
  const duePerMinute = await dueIn(store, metrics.sealed_at)
  return {
    windowS: metrics.window_s,
    sealedAt: metrics.sealed_at,
    items: FIGURES.map(([name, gate]) => {
      const { good, critical, holdMs } = plan.gates[gate]
      // Its limits are shares of what is due; without anything due there is nothing to hold it against.
      const scale = gate === 'score_rate' ? duePerMinute : 1
      const value = metrics[name]
      const limits = scale === null ? null : { good: good * scale, critical: critical * scale }
      return {
        name,
        gate,
        value,
        good: limits?.good ?? null,
        critical: limits?.critical ?? null,
        holdS: holdMs / 1000,
        state: value === null || limits === null ? 'no_data' : stateOf(gate, value, limits),
      }
    }),
  }
}

/** A hair is no breach: a limit that is a share is a product here and a quotient in its gate. */
const HAIR = 1e-9

function stateOf(gate: GateName, value: number, { good, critical }: { good: number; critical: number }) {
  const beyond = (limit: number) => (higherIsWorse(gate) ? value > limit : value < limit - HAIR)
  return beyond(critical) ? 'critical' : beyond(good) ? 'warning' : 'ok'
}

/** Polls that were due a minute in the window that ended at `sealedAt`; null: none. */
async function dueIn(store: MetricSliceStore, sealedAt: number | null): Promise<number | null> {
  if (sealedAt === null) return null
  const slices = await readSloSlices(store, 30, sealedAt - JUDGED_MS, sealedAt)
  const due = slices.reduce((sum, { counts }) => sum + counts.due, 0)
  return due === 0 ? null : due / (slices.length / 2)
}
