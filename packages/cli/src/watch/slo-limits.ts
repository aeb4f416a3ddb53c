import type { Metrics } from '@spark/contract/metrics'

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

/** The playbook's table; equal to a limit is not beyond it. */
export const SLO_LIMITS: readonly SloLimit[] = [
  { metric: 'p95_ms', name: 'p95', label: 'p95 latency', unit: 'ms', bad: 'above', good: 1000, critical: 1500, holdS: 900 },
  { metric: 'staleness_s', name: 'staleness', label: 'staleness', unit: 's', bad: 'above', good: 30, critical: 60, holdS: 1800 },
  { metric: 'error_rate', name: 'error_rate', label: 'error rate', unit: '%', bad: 'above', good: 1, critical: 2, holdS: 1800 },
  {
    metric: 'ml_score_per_min',
    name: 'ml_score',
    label: 'ml.score a minute',
    unit: '',
    bad: 'below',
    good: 10,
    critical: 5,
    holdS: 3600,
  },
  {
    metric: 'confid_median',
    name: 'confid',
    label: 'median confidence',
    unit: '',
    bad: 'below',
    good: 0.55,
    critical: 0.45,
    holdS: 10_800,
  },
  { metric: 'dlq_size', name: 'dlq', label: 'dead letters', unit: '', bad: 'above', good: 2, critical: 5, holdS: 3600 },
]

export type SloState = 'ok' | 'warning' | 'critical' | 'no_data'

export function sloState({ bad, good, critical }: SloLimit, value: number | null): SloState {
  if (value === null) return 'no_data'
  const beyond = (limit: number) => (bad === 'above' ? value > limit : value < limit)
  if (beyond(critical)) return 'critical'
  return beyond(good) ? 'warning' : 'ok'
}
