export type Decision = -1 | 0 | 1

/** Lower edges of the buckets, as the numbers an operator would write. */
const BUCKETS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const

/** sign(score) when `confid >= floor`, else 0; never -0. NaN anywhere gives 0. */
export function decide(score: number, confid: number, floor: number): Decision {
  if (!(confid >= floor)) return 0
  if (score > 0) return 1
  return score < 0 ? -1 : 0
}

/**
 * The bucket of ten that `confid` is in, named by its lower edge: floor(10 · confid) / 10, at most 0.9, 0 for NaN. The edges
 * are exact: 0.9 itself is in 0.9, the next smaller number in 0.8, although its product with 10 rounds up to 9.
 */
export function mlBucket(confid: number): number {
  const rounded = BUCKETS[Math.floor(10 * confid)]
  if (rounded === undefined) return confid >= 1 ? 0.9 : 0
  return confid >= rounded ? rounded : (BUCKETS[Math.floor(10 * confid) - 1] ?? 0)
}
