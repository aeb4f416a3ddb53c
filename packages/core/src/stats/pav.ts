/**
 * Isotonic least-squares fit by pooling adjacent violators (Ayer et al. 1955): the non-decreasing values closest to those given,
 * which are in order of their abscissa. Weights above 0.
 */
export function isotonicFit(points: readonly { value: number; weight: number }[]): number[] {
  const blocks: { sum: number; weight: number; count: number }[] = []
  for (const { value, weight } of points) {
    let block = { sum: value * weight, weight, count: 1 }
    for (;;) {
      const before = blocks.at(-1)
      if (before === undefined || before.sum / before.weight < block.sum / block.weight) break
      blocks.pop()
      block = { sum: before.sum + block.sum, weight: before.weight + block.weight, count: before.count + block.count }
    }
    blocks.push(block)
  }
  return blocks.flatMap(({ sum, weight, count }) => Array.from({ length: count }, () => sum / weight))
}
