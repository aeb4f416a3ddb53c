import type { AuditItem } from '@spark/contract/audit'

export interface Bucket {
  /** Lower end, like 0.6. */
  from: number
  count: number
}

export type Balance = 'balanced' | 'skewed' | 'piled'

/** How many scores fall into each tenth of confidence, from 0.5 to 0.9, and below when there are any. */
export function bucketsOf(items: readonly AuditItem[]): Bucket[] {
  const counts = new Map<number, number>([0.5, 0.6, 0.7, 0.8, 0.9].map((from) => [from, 0]))
  for (const { action, context } of items) {
    const bucket = context['ml_bucket']
    if (action !== 'ml.score' || typeof bucket !== 'number') continue
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  return [...counts].map(([from, count]) => ({ from, count })).sort((a, b) => a.from - b.from)
}

/** As the success criterion reads it: at least 3 buckets and none over 60 %; to 80 % skewed; else piled. Null without scores. */
export function balanceOf(buckets: readonly Bucket[]): Balance | null {
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return null
  const filled = buckets.filter(({ count }) => count > 0).length
  const largest = Math.max(...buckets.map(({ count }) => count)) / total
  if (filled < 3 || largest > 0.8) return 'piled'
  return largest > 0.6 ? 'skewed' : 'balanced'
}
