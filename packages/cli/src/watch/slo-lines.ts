import type { Metrics } from '@spark/contract/metrics'
import { signedText } from '@spark/core/alert/alert-text'
import { sloState, type SloLimit, type SloMetric } from './slo-limits.ts'

export interface SloLine {
  level: 'red' | 'yellow' | 'no_data'
  name: string
  value: number | null
  /** The limit that the value is beyond; null: there is no value. */
  limit: number | null
  text: string
}

/** Those that the playbook's script watches. */
const WATCHED: ReadonlySet<SloMetric> = new Set(['p95_ms', 'staleness_s', 'error_rate'])

/** A line for each figure that is not good, as the playbook's script prints it. No data is not good. */
export function sloLines(
  limits: readonly SloLimit[],
  metrics: Pick<Metrics, 'p95_ms' | 'staleness_s' | 'error_rate'>,
): SloLine[] {
  return limits
    .filter(({ metric }) => WATCHED.has(metric))
    .flatMap((one): SloLine[] => {
      const { metric, name, unit, good, critical } = one
      const value = metrics[metric as keyof typeof metrics]
      const state = sloState(one, value)
      if (state === 'ok') return []
      if (value === null) return [{ level: 'no_data', name, value, limit: null, text: `❔ NO DATA: ${name}=no data` }]
      const [level, limit] = state === 'critical' ? (['red', critical] as const) : (['yellow', good] as const)
      const text = signedText(level, `${name}=${figure(value, limit)}${unit} > ${limit}${unit}`)
      return [{ level, name, value, limit, text }]
    })
}

/** Two decimals, unless that would hide that it is beyond the limit. */
function figure(value: number, limit: number): string {
  const rounded = Math.round(value * 100) / 100
  return String(rounded > limit ? rounded : value)
}
