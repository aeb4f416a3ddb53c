import { isDust, type Instrument } from '../market/instrument.ts'
import { Decimal, type DecimalText } from './decimal.ts'
import type { Side } from './order.ts'

/** What a strategy holds of one symbol. */
export interface Holding {
  /** Base units. */
  quantity: DecimalText
  /** Cost per base unit in quote units, fees of buying included. */
  averagePrice: DecimalText
}

export interface PricedFill {
  side: Side
  /** Base units, before a fee in the base asset. */
  quantity: DecimalText
  /** Quote units per base unit. */
  price: DecimalText
  /** In units of `feeAsset`. */
  fee: DecimalText
  feeAsset: string
}

export interface FillEffect {
  holding: Holding
  /** Profit made real by this fill, quote units, after its fees. 0 for a buy. */
  realized: DecimalText
  /** The fee in quote units; of a third asset 0, because it has no price here. */
  feeQuote: DecimalText
  /** True when what is left cannot be sold: it is written off and counts as flat. */
  flat: boolean
}

const FLAT: Holding = { quantity: '0', averagePrice: '0' }

/**
 * Books a fill by average cost. A buy costs quantity · price + fee; a fee in the base asset makes what arrives less instead, so
 * that each unit costs more. A sale realises quantity · (price − averagePrice) − fee. What is left below the smallest order is
 * written off at its cost. Throws RangeError when more is sold than held: the book is wrong then.
 */
export function applyFill(holding: Holding | null, fill: PricedFill, instrument: Instrument): FillEffect {
  const held = new Decimal(holding?.quantity ?? 0)
  const average = new Decimal(holding?.averagePrice ?? 0)
  const quantity = new Decimal(fill.quantity)
  const price = new Decimal(fill.price)
  const fee = new Decimal(fill.fee)
  const inQuote = fill.feeAsset === instrument.quote
  const inBase = fill.feeAsset === instrument.base
  const feeQuote = inQuote ? fee : inBase ? fee.times(price) : new Decimal(0)
  if (fill.side === 'buy') {
    const arrives = inBase ? quantity.minus(fee) : quantity
    const cost = quantity.times(price).plus(inQuote ? fee : 0)
    const total = held.plus(arrives)
    const averagePrice = total.eq(0) ? new Decimal(0) : held.times(average).plus(cost).div(total)
    return {
      holding: { quantity: total.toString(), averagePrice: averagePrice.toString() },
      realized: '0',
      feeQuote: feeQuote.toString(),
      flat: false,
    }
  }
  const leaves = inBase ? quantity.plus(fee) : quantity
  if (leaves.gt(held)) throw new RangeError(`sold ${leaves.toString()} of ${held.toString()} held`)
  const left = held.minus(leaves)
  const flat = isDust(left, price, instrument)
  const proceeds = quantity.times(price).minus(inQuote ? fee : 0)
  const costOfSold = (flat ? held : leaves).times(average)
  return {
    holding: flat ? FLAT : { quantity: left.toString(), averagePrice: average.toString() },
    realized: proceeds.minus(costOfSold).toString(),
    feeQuote: feeQuote.toString(),
    flat,
  }
}

/** Some of one symbol: how much, in base units, and what it was bought for, in quote units. */
export interface Lot {
  quantity: Decimal
  cost: Decimal
}

/** Holdings of one symbol together. */
export function lotOf(holdings: readonly Holding[]): Lot {
  return holdings.reduce<Lot>(
    (sum, { quantity, averagePrice }) => ({
      quantity: sum.quantity.plus(quantity),
      cost: sum.cost.plus(new Decimal(quantity).times(averagePrice)),
    }),
    { quantity: new Decimal(0), cost: new Decimal(0) },
  )
}

/** What it is worth above its cost, quote units. */
export const unrealized = ({ quantity, cost }: Lot, price: Decimal): Decimal => price.times(quantity).minus(cost)
