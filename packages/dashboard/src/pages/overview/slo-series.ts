import type { RolloutAnswer } from '@spark/contract/rollout'
import type { GateView } from '../../gate-view.ts'

export const SLO_SERIES = [
  { key: 'p95_ms', gate: 'p95', unit: 'ms' },
  { key: 'staleness_s', gate: 'staleness', unit: 's' },
  { key: 'error_rate', gate: 'error_rate', unit: 'percent' },
] as const
type SloGate = (typeof SLO_SERIES)[number]['gate']

export type SloLimits = Record<SloGate, { good: number; critical: number }>

/** The playbook's; the plan of a rollout may have others. */
const PLAYBOOK: SloLimits = {
  p95: { good: 1000, critical: 1500 },
  staleness: { good: 30, critical: 60 },
  error_rate: { good: 1, critical: 2 },
}

export function sloLimits(rollout: RolloutAnswer | undefined): SloLimits {
  if (rollout === undefined || rollout.id === null) return PLAYBOOK
  const of = (gate: SloGate) => {
    const found = rollout.gates.find((one) => one.gate === gate)
    return found === undefined ? PLAYBOOK[gate] : { good: found.good, critical: found.critical }
  }
  return { p95: of('p95'), staleness: of('staleness'), error_rate: of('error_rate') }
}

/** Both limits stand where they stand, whatever the data does: what is far beyond leaves the chart at its top. */
export function scaleOf(critical: number): { min: number; max: number } {
  return { min: 0, max: critical * 1.6 }
}

export function sloState(value: number | null, { good, critical }: SloLimits[SloGate]): GateView['state'] {
  if (value === null) return 'no_data'
  return value > critical ? 'critical' : value > good ? 'warning' : 'ok'
}

const UNIT_SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400 }

/** Of a window like 15m, 4h or 7d. */
export function windowSeconds(window: string): number {
  return Number.parseInt(window, 10) * (UNIT_SECONDS[window.at(-1) ?? 'h'] ?? 3600)
}
