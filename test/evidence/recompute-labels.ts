export interface LabelLine {
  direction: number
  confid: number
  hit: boolean
  netReturn: number
  costRate: number
  parts: Record<string, number>
}

const PARTS = ['rsi', 'macd', 'trend'] as const
/** Of the normal distribution, two-sided 95 %. */
const Z = 1.959963984540054

/** Of the labels that ended in the period. */
export function labelNumbers(labels: readonly LabelLine[], weights: Record<string, number> | null) {
  const buckets = Array.from({ length: 10 }, (_, tenth) => {
    const own = labels.filter(({ confid }) => confid >= tenth / 10 && (tenth === 9 || confid < (tenth + 1) / 10))
    return { bucket: tenth / 10, labels: own.length, hits: own.filter(({ hit }) => hit).length }
  })
  return {
    calibration: {
      labels: labels.length,
      hits: labels.filter(({ hit }) => hit).length,
      buckets: buckets
        .filter((bucket) => bucket.labels > 0)
        .map((bucket) => ({ ...bucket, hitRate: bucket.hits / bucket.labels, ...wilson(bucket.hits, bucket.labels) })),
    },
    parts: { labels: labels.length, shares: sharesOf(labels, weights), withOutcome: withOutcome(labels), balance: null },
  }
}

function wilson(hits: number, trials: number): { low: number; high: number } {
  const share = hits / trials
  const centre = share + Z ** 2 / (2 * trials)
  const half = Z * Math.sqrt((share * (1 - share)) / trials + Z ** 2 / (4 * trials ** 2))
  const scale = 1 + Z ** 2 / trials
  return { low: hits === 0 ? 0 : (centre - half) / scale, high: hits === trials ? 1 : (centre + half) / scale }
}

function sharesOf(labels: readonly LabelLine[], weights: Record<string, number> | null): Record<string, number> | null {
  const loud = PARTS.map((part) =>
    labels.reduce((sum, { parts }) => sum + Math.abs((weights?.[part] ?? 0) * (parts[part] ?? 0)), 0),
  )
  const all = loud.reduce((sum, one) => sum + one, 0)
  return all === 0 ? null : Object.fromEntries(PARTS.map((part, at) => [part, (loud[at] ?? 0) / all]))
}

/** Pearson's correlation with the move of the price, up is positive. */
function withOutcome(labels: readonly LabelLine[]): Record<string, number | null> {
  const moves = labels.map(({ direction, netReturn, costRate }) => direction * (netReturn + costRate))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return Object.fromEntries(
    PARTS.map((part) => {
      const values = labels.map(({ parts }) => parts[part] ?? 0)
      const [x, y] = [mean(values), mean(moves)]
      const sum = (of: (at: number) => number) => values.reduce((total, _, at) => total + of(at), 0)
      const dx = (at: number) => (values[at] ?? 0) - x
      const dy = (at: number) => (moves[at] ?? 0) - y
      const spread = Math.sqrt(sum((at) => dx(at) ** 2) * sum((at) => dy(at) ** 2))
      return [part, spread > 0 ? sum((at) => dx(at) * dy(at)) / spread : null]
    }),
  )
}
