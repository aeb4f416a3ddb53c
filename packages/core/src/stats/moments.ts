/** Means and co-moments of columns that come row by row (Welford 1962): exact where sums of squares cancel. Plain JSON. */
export interface CoMoments {
  rows: number
  means: number[]
  /** Σ (x - mean x)(y - mean y). */
  products: number[][]
}

export function createCoMoments(columns: number): CoMoments {
  const zeros = () => Array.from({ length: columns }, () => 0)
  return { rows: 0, means: zeros(), products: zeros().map(zeros) }
}

/** Takes a row of one value a column, in place. */
export function addRow(moments: CoMoments, row: readonly number[]): void {
  if (row.length !== moments.means.length) throw new RangeError(`${row.length} values for ${moments.means.length} columns`)
  moments.rows += 1
  const before = row.map((value, column) => value - (moments.means[column] ?? 0))
  moments.means = moments.means.map((mean, column) => mean + (before[column] ?? 0) / moments.rows)
  const after = row.map((value, column) => value - (moments.means[column] ?? 0))
  moments.products = moments.products.map((products, i) => products.map((sum, j) => sum + (before[i] ?? 0) * (after[j] ?? 0)))
}

/** Pearson's correlation of two columns; null when either has never changed. */
export function correlation({ products }: CoMoments, i: number, j: number): number | null {
  const spread = Math.sqrt((products[i]?.[i] ?? 0) * (products[j]?.[j] ?? 0))
  return spread > 0 ? Math.min(1, Math.max(-1, (products[i]?.[j] ?? 0) / spread)) : null
}

export interface Moments {
  mean: number
  /** Of a sample: divided by one less than the count. */
  deviation: number
  /** Third standardised moment; 0 is symmetric. */
  skewness: number
  /** Fourth standardised moment, not less 3: a normal distribution has 3. */
  kurtosis: number
}

/** Null for fewer than two values, or values that are all the same. */
export function momentsOf(values: readonly number[]): Moments | null {
  const count = values.length
  // Equal values may have a mean beside them, and so a variance.
  if (values.every((value) => value === values[0])) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const central = (order: number) => values.reduce((sum, value) => sum + (value - mean) ** order, 0) / count
  const variance = central(2)
  if (!(variance > 0)) return null
  return {
    mean,
    deviation: Math.sqrt((variance * count) / (count - 1)),
    skewness: central(3) / variance ** 1.5,
    kurtosis: central(4) / variance ** 2,
  }
}
