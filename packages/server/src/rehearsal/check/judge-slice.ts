import type { GateName, RolloutPlan } from '@spark/core/rollout/plan'
import type { SliceFacts, SparseCounts } from '@spark/core/rollout/slice'
import { CONFIDENCE_EDGES, LATENCY_MS_EDGES, quantile } from '@spark/core/stats/histogram'

/** good, warning, critical, no data, excluded. */
export type Seen = 'good' | 'warning' | 'critical' | 'nothing' | 'excluded'

/**
 * What the gates look at in the newest of these slices, from the window before it; null: too little to say. Written down a second time
 * from the specification, with nothing of the rollout's own code, so that the one checks the other.
 */
export function figuresOf(plan: RolloutPlan, window: readonly SliceFacts[]): Record<GateName, number | null> {
  const used = window.filter((slice) => slice.closed !== true && slice.unclocked !== true)
  const sum = (of: (slice: SliceFacts) => number) => used.reduce((total, slice) => total + of(slice), 0)
  const due = sum((slice) => slice.due)
  const ok = sum(({ polls }) => polls.ok)
  const failed = sum(({ polls }) => polls.error + polls.timeout)
  const all = ok + failed
  const needed = Math.min(plan.minSamples, due / 2)
  return {
    p95: quantileOf(
      used.map(({ latencyMs }) => latencyMs),
      LATENCY_MS_EDGES,
      0.95,
      needed,
    ),
    staleness: window.at(-1)?.stalenessS ?? null,
    error_rate: all > 0 && all >= needed ? (100 * failed) / all : null,
    score_rate: due > 0 ? ok / due : null,
    confid_median: quantileOf(
      used.map(({ confid }) => confid),
      CONFIDENCE_EDGES,
      0.5,
      needed,
    ),
    dead_letters: window.at(-1)?.deadLetters ?? null,
  }
}

/** What the gates should have made of it. */
export function judgedAgain(plan: RolloutPlan, window: readonly SliceFacts[]): Record<GateName, Seen> {
  const newest = window.at(-1)
  if (newest === undefined) throw new RangeError('no slice to judge')
  const figures = figuresOf(plan, window)
  const seen = (gate: GateName): Seen => {
    if (newest.closed === true) return 'excluded'
    // Of staleness nothing is known: that is the sign itself.
    const value = gate === 'staleness' ? (figures.staleness ?? Number.POSITIVE_INFINITY) : figures[gate]
    if (newest.unclocked === true || value === null) return 'nothing'
    const { good, critical } = plan.gates[gate]
    const less = gate === 'score_rate' || gate === 'confid_median'
    if (less ? value < critical : value > critical) return 'critical'
    return (less ? value < good : value > good) ? 'warning' : 'good'
  }
  return {
    p95: seen('p95'),
    staleness: seen('staleness'),
    error_rate: seen('error_rate'),
    score_rate: seen('score_rate'),
    confid_median: seen('confid_median'),
    dead_letters: seen('dead_letters'),
  }
}

/** Of a gate that can breach at once: the window is far beyond its limit, and how much was bad in its newest slice. */
export type Loudness = Record<'p95' | 'staleness' | 'error_rate', { beyond: boolean; bad: number }>

/** The same for the breach at once, which three gates have. */
export function loudnessOf(plan: RolloutPlan, window: readonly SliceFacts[]): Loudness {
  const newest = window.at(-1)
  if (newest === undefined) throw new RangeError('no slice to judge')
  const figures = figuresOf(plan, window)
  const seen = judgedAgain(plan, window)
  const { p95, staleness } = plan.gates
  const slow = LATENCY_MS_EDGES.findLastIndex((edge) => edge <= p95.critical)
  const bad = {
    p95: newest.latencyMs.counts.reduce((sum, [bucket, count]) => sum + (bucket > slow ? count : 0), 0),
    staleness: newest.stalenessS === null || newest.stalenessS > staleness.critical ? 1 : 0,
    error_rate: newest.polls.error + newest.polls.timeout,
  }
  const of = (gate: keyof Loudness) => ({
    beyond: seen[gate] === 'critical' && (figures[gate] ?? 0) > plan.fastFactor * plan.gates[gate].critical,
    bad: seen[gate] === 'nothing' || seen[gate] === 'excluded' ? 0 : bad[gate],
  })
  return { p95: of('p95'), staleness: of('staleness'), error_rate: of('error_rate') }
}

/** Null with fewer values than needed. */
function quantileOf(parts: readonly SparseCounts[], edges: readonly number[], q: number, needed: number): number | null {
  const counts = Array.from({ length: edges.length + 1 }, () => 0)
  for (const part of parts) for (const [bucket, count] of part.counts) counts[bucket] = (counts[bucket] ?? 0) + count
  const total = counts.reduce((sum, count) => sum + count, 0)
  const max = parts.reduce<number | null>((most, part) => (part.max === null ? most : Math.max(most ?? part.max, part.max)), null)
  return total > 0 && total >= needed ? quantile({ edges, counts, max }, q) : null
}
