import type { RolloutView } from '@spark/contract/rollout'
import { gateText, type Figures } from '@spark/contract/speech/figures'

export { gateText }

export type GateView = RolloutView['gates'][number]
export type GateName = GateView['gate']

/** Gates whose critical state stops a step; too few scores only hold it. */
const STOPPING: ReadonlySet<GateName> = new Set(['p95', 'staleness', 'error_rate', 'confid_median', 'dead_letters'])
const LOWER_IS_WORSE: ReadonlySet<GateName> = new Set(['score_rate', 'confid_median'])

/** How far a gate is on its way to critical: 0 at its best, 1 at the critical level, more beyond. Null without data. */
export function strain({ gate, value, good, critical }: Pick<GateView, 'gate' | 'value' | 'good' | 'critical'>): number | null {
  if (value === null) return null
  if (!LOWER_IS_WORSE.has(gate)) return critical === 0 ? value : value / critical
  // From certain (1) down to the critical level.
  return good === 1 || critical === 1 ? 1 - value : (1 - value) / (1 - critical)
}

/** `≤ 1,000 ms` and `> 1,500 ms`; where less is worse `≥ 0.55` and `< 0.45`. */
export function limitTexts(
  { gate, good, critical }: Pick<GateView, 'gate' | 'good' | 'critical'>,
  f: Figures,
): { good: string; critical: string } {
  const [within, beyond] = LOWER_IS_WORSE.has(gate) ? ['≥', '<'] : ['≤', '>']
  return { good: `${within} ${gateText(gate, good, f)}`, critical: `${beyond} ${gateText(gate, critical, f)}` }
}

const RANK = { critical: 3, warning: 2, ok: 1, no_data: 0 }

/** The gate that is broken, or nearest to it; null when none is judged now. */
export function nearestToBreak(gates: readonly GateView[]): GateView | null {
  const stopping = gates.filter((gate) => STOPPING.has(gate.gate) && gate.state !== 'no_data' && strain(gate) !== null)
  return stopping.toSorted((a, b) => RANK[b.state] - RANK[a.state] || (strain(b) ?? 0) - (strain(a) ?? 0))[0] ?? null
}
