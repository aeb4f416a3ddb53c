import { DECISIONS, type Decision } from '@spark/core/rollout/outcome'
import { ROLLOUT_PHASES } from '@spark/contract/rollout'
import { exposedShare } from '@spark/core/rollout/state'
import type { PrometheusRegistry } from '../prometheus.ts'
import type { Decided } from '../rollout/decide-rollout.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'

export interface RolloutCounts {
  add(decided: Decided): void
  /** Of this process. */
  decisions: Record<Decision, number>
  breaches: { opened: number; critical: number }
}

export function createRolloutCounts(): RolloutCounts {
  const decisions = Object.fromEntries(DECISIONS.map((decision) => [decision, 0])) as Record<Decision, number>
  const breaches = { opened: 0, critical: 0 }
  let last: { id: string; total: number; critical: number } | null = null
  return {
    decisions,
    breaches,
    add({ rollout, outcome }) {
      decisions[outcome.decision] += 1
      const { total, critical } = outcome.state.breaches
      // What there was before this process looked was counted by the one before it.
      if (last?.id === rollout.id) {
        breaches.opened += total - last.total
        breaches.critical += critical - last.critical
      }
      last = { id: rollout.id, total, critical }
    },
  }
}

/** What Prometheus is told of the rollout; nothing of it before the controller is open. */
export function rolloutMeters(
  { gauge, outcomes, states }: Pick<PrometheusRegistry, 'gauge' | 'outcomes' | 'states'>,
  read: () => { now: RolloutNow; counts: RolloutCounts } | null,
): void {
  const now = () => read()?.now ?? null
  const rollout = () => now()?.rollout ?? null
  states('spark_rollout_phase', 'The phase of the newest rollout is 1, every other 0.', () => {
    const phase = rollout()?.state.phase
    return Promise.resolve(Object.fromEntries(ROLLOUT_PHASES.map((one) => [one, one === phase ? 1 : 0])))
  })
  gauge('spark_rollout_share_ratio', 'Share of strategies and of capital that the step lets act on ML, 0 to 1.', () => {
    const newest = rollout()
    return newest === null ? 0 : exposedShare(newest.frozen.plan, newest.state)
  })
  gauge('spark_rollout_ceiling_ratio', 'Approved share, 0 to 1; 0 is preview.', () => rollout()?.state.ceiling ?? 0)
  gauge('spark_rollout_exposed_strategies', 'Strategies that act on ML now.', () => now()?.exposed.size ?? 0)
  gauge('spark_rollout_epoch', 'Rises with each fence: no order of an older epoch increases risk.', () => now()?.fence.epoch ?? 0)
  gauge(
    'spark_rollout_ticked_timestamp_seconds',
    'Unix time of the newest decision, seconds; 0 before the first.',
    () => (rollout()?.state.tickedMs ?? 0) / 1000,
  )
  gauge('spark_confidence_floor_ratio', 'Confidence under which the decision is 0.', () => now()?.floor ?? Number.NaN)
  gauge('spark_poll_interval_seconds', 'How often a strategy asks.', () => (now()?.pollIntervalMs ?? Number.NaN) / 1000)
  outcomes(
    'spark_rollout_decisions_total',
    'Ticks of the controller, by decision.',
    () => ({ ...read()?.counts.decisions }),
    'decision',
  )
  outcomes(
    'spark_rollout_breaches_total',
    'Breaches that opened, and those that became critical.',
    () => ({ ...read()?.counts.breaches }),
    'kind',
  )
}
