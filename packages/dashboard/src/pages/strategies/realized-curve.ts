import type { FillView } from '@spark/contract/trading'

export interface CurvePoint {
  fill: FillView
  /** Made real by all fills up to this one, fees taken off, quote units. */
  total: number
}

/**
 * The curve that the fills make, oldest first. `newestFirst` may be only the newest of them: `realized`, of everything so far, says
 * where the curve ends.
 */
export function realizedCurve(newestFirst: readonly FillView[], realized: number): CurvePoint[] {
  let total = realized
  const points = newestFirst.map((fill) => {
    const point = { fill, total }
    total -= Number(fill.realized)
    return point
  })
  return points.toReversed()
}
