import type { Metrics } from '@spark/contract/metrics'
import { higherIsWorse, type GateName, type RolloutPlan } from '@spark/core/rollout/plan'

export type SloMetric = keyof Pick<
  Metrics,
  'p95_ms' | 'staleness_s' | 'error_rate' | 'ml_score_per_min' | 'confid_median' | 'dlq_size'
>

/** When a figure is no longer good, when it is critical, and how long it must be so until something is done. */
export interface SloLimit {
  metric: SloMetric
  /** As alert lines name it. */
  name: string
  label: string
  unit: string
  /** Bad is above the limits, or below them. */
  bad: 'above' | 'below'
  good: number
  critical: number
  holdS: number
}

type Named = Pick<SloLimit, 'metric' | 'name' | 'label' | 'unit'>

const FIGURES: Record<GateName, Named> = {
  p95: { metric: 'p95_ms', name: 'p95', label: 'p95 latency', unit: 'ms' },
  staleness: { metric: 'staleness_s', name: 'staleness', label: 'staleness', unit: 's' },
  error_rate: { metric: 'error_rate', name: 'error_rate', label: 'error rate', unit: '%' },
  score_rate: { metric: 'ml_score_per_min', name: 'ml_score', label: 'ml.score a minute', unit: '' },
  confid_median: { metric: 'confid_median', name: 'confid', label: 'median confidence', unit: '' },
  dead_letters: { metric: 'dlq_size', name: 'dlq', label: 'dead letters', unit: '' },
}
/** The canary stream of the default universe asks so often a minute: the playbook's 10 and 5 of the plan's shares. */
const SCORES_DUE_A_MINUTE = 12

/** The plan's limits for the figures that get_metrics has; equal to a limit is not beyond it. */
export function sloLimits({ gates }: Pick<RolloutPlan, 'gates'>): SloLimit[] {
  return (Object.entries(FIGURES) as [GateName, Named][]).map(([gate, named]) => {
    const { good, critical, holdMs } = gates[gate]
    const times = gate === 'score_rate' ? SCORES_DUE_A_MINUTE : 1
    const bad = higherIsWorse(gate) ? 'above' : 'below'
    return { ...named, bad, good: good * times, critical: critical * times, holdS: holdMs / 1000 }
  })
}

export type SloState = 'ok' | 'warning' | 'critical' | 'no_data'

export function sloState({ bad, good, critical }: Pick<SloLimit, 'bad' | 'good' | 'critical'>, value: number | null): SloState {
  if (value === null) return 'no_data'
  const beyond = (limit: number) => (bad === 'above' ? value > limit : value < limit)
  if (beyond(critical)) return 'critical'
  return beyond(good) ? 'warning' : 'ok'
}
