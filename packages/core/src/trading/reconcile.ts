import { isOurs } from './intent.ts'
import { Decimal, type DecimalText } from './decimal.ts'

export interface BalanceDifference {
  asset: string
  /** By our book: start, adjustments and all fills. */
  ours: DecimalText
  /** Free and locked together. */
  venue: DecimalText
}

/** Orders in the venue's book that carry our name and that we do not know: somebody else uses it, or our book is not whole. */
export function unknownOrders(known: ReadonlySet<string>, venueOrders: readonly { clientOrderId: string }[]): string[] {
  return venueOrders.map(({ clientOrderId }) => clientOrderId).filter((id) => isOurs(id) && !known.has(id))
}

/**
 * Assets of which the venue has less than our book says, or more, by more than `tolerance` (a share of the larger one; venues
 * round). Assets that our book does not name are not ours to judge.
 */
export function balanceDifferences(
  ours: ReadonlyMap<string, DecimalText>,
  venue: readonly { asset: string; free: DecimalText; locked: DecimalText }[],
  tolerance: DecimalText,
): BalanceDifference[] {
  const differences: BalanceDifference[] = []
  for (const [asset, amount] of ours) {
    const listed = venue.find((balance) => balance.asset === asset)
    const there = listed === undefined ? new Decimal(0) : new Decimal(listed.free).plus(listed.locked)
    const larger = Decimal.max(there.abs(), new Decimal(amount).abs())
    if (there.minus(amount).abs().gt(larger.times(tolerance)))
      differences.push({ asset, ours: new Decimal(amount).toString(), venue: there.toString() })
  }
  return differences
}
