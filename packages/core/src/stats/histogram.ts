/**
 * Counts between fixed edges. Bucket i counts the values in (edges[i-1], edges[i]], the last bucket those above all
 * edges: a value equal to a threshold that is an edge is not beyond it. Plain JSON, and merging is exact, so that a
 * gate over any window reads the same number as a chart of it.
 */
export interface Histogram {
  readonly edges: readonly number[]
  /** One more than edges. */
  counts: number[]
  /** Largest value recorded, null while empty: the end of the last bucket, which has no edge. */
  max: number | null
}

/** Latencies in ms; holds every threshold of the objectives (1000, 1500) and of the longer deadlines (4500, 5000) as an edge. */
export const LATENCY_MS_EDGES: readonly number[] = Object.freeze([
  1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200, 300, 400, 500, 650, 800, 1000, 1250, 1500, 2000, 3000, 4500, 5000,
  7500, 10_000, 30_000, 60_000,
])

/** Thresholds under which a median confidence is too low; see CONFIDENCE_EDGES. */
const LOW_CONFIDENCES = [0.45, 0.55]

/**
 * Confidences in steps of 0.025. "Below 0.45" has to leave out 0.45 itself, so for each such threshold the largest
 * number below it is an edge too.
 */
export const CONFIDENCE_EDGES: readonly number[] = Object.freeze(
  [...Array.from({ length: 40 }, (_, index) => (index + 1) / 40), ...LOW_CONFIDENCES.map(largestBelow)].sort((a, b) => a - b),
)

// Guards the rank against q * total coming out a hair above a whole number (0.07 * 100 = 7.000000000000001).
const RANK_TOLERANCE = 1e-6

/** Edges: at least one, finite, strictly rising (RangeError otherwise). */
export function createHistogram(edges: readonly number[]): Histogram {
  const rising = edges.every((edge, index) => Number.isFinite(edge) && (index === 0 || edge > (edges[index - 1] ?? edge)))
  if (edges.length === 0 || !rising) throw new RangeError('edges must be finite and strictly rising')
  return { edges, counts: Array.from({ length: edges.length + 1 }, () => 0), max: null }
}

/** Counts `value` `times` times. RangeError for NaN and infinities: what is not a measurement must not look like one. */
export function recordValue(histogram: Histogram, value: number, times = 1): void {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a measurement`)
  if (!Number.isSafeInteger(times) || times < 1) throw new RangeError(`${times} is not a count`)
  const bucket = bucketOf(histogram.edges, value)
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + times
  if (histogram.max === null || value > histogram.max) histogram.max = value
}

/** A new histogram with the counts of both. RangeError when their edges differ. */
export function mergeHistograms(left: Histogram, right: Histogram): Histogram {
  if (!sameEdges(left.edges, right.edges)) throw new RangeError('histograms with different edges cannot be merged')
  const counts = left.counts.map((count, index) => count + (right.counts[index] ?? 0))
  const max = left.max === null ? right.max : right.max === null ? left.max : Math.max(left.max, right.max)
  return { edges: left.edges, counts, max }
}

/** How many values were recorded. */
export function totalCount(histogram: Histogram): number {
  let total = 0
  for (const count of histogram.counts) total += count
  return total
}

/** How many values lie beyond `edge`, which must be one of the edges (RangeError otherwise): exact. */
export function countAbove(histogram: Histogram, edge: number): number {
  const index = histogram.edges.indexOf(edge)
  if (index === -1) throw new RangeError(`${edge} is not an edge`)
  let above = 0
  for (const count of histogram.counts.slice(index + 1)) above += count
  return above
}

/** Share of values beyond `edge` in 0..1, null when there are none at all. */
export function shareAbove(histogram: Histogram, edge: number): number | null {
  const above = countAbove(histogram, edge)
  const total = totalCount(histogram)
  return total === 0 ? null : above / total
}

/**
 * The quantile q (0..1), null when empty. The value of rank ceil(q * total), at least 1, lies in one bucket; the answer is
 * interpolated inside it by rank, above the bucket's lower edge and not above its upper one (or the largest value recorded,
 * if that is less; it also ends the last bucket). Hence for every edge: quantile > edge exactly when the value of that rank
 * is, that is when more than the allowed total - rank values lie beyond the edge.
 */
export function quantile(histogram: Histogram, q: number): number | null {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`${q} is not in 0..1`)
  const total = totalCount(histogram)
  if (total === 0 || histogram.max === null) return null
  const rank = Math.max(1, Math.ceil(q * total - RANK_TOLERANCE))
  let before = 0
  let bucket = 0
  while (before + (histogram.counts[bucket] ?? 0) < rank) {
    before += histogram.counts[bucket] ?? 0
    bucket += 1
  }
  const upper = Math.min(histogram.edges[bucket] ?? histogram.max, histogram.max)
  // The first bucket has no lower edge; latencies and shares start at 0.
  const lower = histogram.edges[bucket - 1] ?? Math.min(0, upper)
  const value = lower + (upper - lower) * ((rank - before) / (histogram.counts[bucket] ?? 1))
  // Rounding may land on the lower edge of a bucket a few ulps wide, which belongs to the bucket below.
  return value > lower ? Math.min(value, upper) : upper
}

/** A histogram from its JSON (parsed), with the edges it was recorded with. RangeError when it is not one: stored data is corrupt. */
export function restoreHistogram(saved: unknown): Histogram {
  if (typeof saved !== 'object' || saved === null) throw new RangeError('not a histogram')
  const { edges, counts, max }: { edges?: unknown; counts?: unknown; max?: unknown } = saved
  if (!isNumbers(edges) || !isNumbers(counts) || !(max === null || (typeof max === 'number' && Number.isFinite(max)))) {
    throw new RangeError('not a histogram')
  }
  const histogram = createHistogram(edges)
  const valid = counts.length === edges.length + 1 && counts.every((count) => Number.isSafeInteger(count) && count >= 0)
  const last = counts.findLastIndex((count) => count > 0)
  if (!valid || (max === null ? last !== -1 : last !== bucketOf(edges, max))) throw new RangeError('not a histogram')
  return { edges: histogram.edges, counts: [...counts], max }
}

function bucketOf(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= (edges[middle] ?? Number.POSITIVE_INFINITY)) high = middle
    else low = middle + 1
  }
  return low
}

function sameEdges(left: readonly number[], right: readonly number[]): boolean {
  return left === right || (left.length === right.length && left.every((edge, index) => edge === right[index]))
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number')
}

// x * 2^-53 is more than half of the distance to the number below x and at most all of it.
function largestBelow(x: number): number {
  return x - x * 2 ** -53
}
