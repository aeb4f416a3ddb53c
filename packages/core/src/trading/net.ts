import { isDust, type Instrument } from '../market/instrument.ts'
import { Decimal, type DecimalText } from './decimal.ts'
import type { Side } from './order.ts'

export interface NettedWish {
  intentId: string
  side: Side
  /** Base units, whole lots. */
  quantity: DecimalText
}

/** A buyer and a seller of ours who meet inside, at the reference price. */
export interface Cross {
  buyIntentId: string
  sellIntentId: string
  quantity: DecimalText
}

interface Open {
  intentId: string
  left: Decimal
  crossed: boolean
}

/**
 * Opposite wishes on one symbol at one moment meet inside, first come first served; what is left of a wish goes to the venue.
 * A rest that the venue would not take is avoided: the cross is made smaller by as much as the rest needs, or left out.
 * `rest` holds every wish that is not crossed whole, in the order given.
 */
export function netWishes(
  wishes: readonly NettedWish[],
  price: Decimal,
  instrument: Instrument,
): { crosses: Cross[]; rest: { intentId: string; quantity: DecimalText }[] } {
  const open: (Open & { side: Side })[] = wishes.map(({ intentId, side, quantity }) => ({
    intentId,
    side,
    left: new Decimal(quantity),
    crossed: false,
  }))
  const buys = open.filter(({ side }) => side === 'buy')
  const sells = open.filter(({ side }) => side === 'sell')
  const crosses: Cross[] = []
  let buyAt = 0
  let sellAt = 0
  for (;;) {
    const buy = buys[buyAt]
    const sell = sells[sellAt]
    if (buy === undefined || sell === undefined) break
    const quantity = crossable(buy.left, sell.left, price, instrument)
    if (quantity.gt(0)) {
      crosses.push({ buyIntentId: buy.intentId, sellIntentId: sell.intentId, quantity: quantity.toString() })
      buy.left = buy.left.minus(quantity)
      sell.left = sell.left.minus(quantity)
    }
    // A cross that leaves something on both sides was cut short: the larger one can meet nobody else without the same trouble.
    if (buy.left.lte(0) || quantity.lte(0) || sell.left.gt(0)) buyAt += 1
    if (sell.left.lte(0) || quantity.lte(0) || buy.left.gt(0)) sellAt += 1
  }
  return {
    crosses,
    rest: open.filter(({ left }) => left.gt(0)).map(({ intentId, left }) => ({ intentId, quantity: left.toString() })),
  }
}

/** The most that can meet so that neither side is left with a rest that the venue refuses. */
function crossable(buy: Decimal, sell: Decimal, price: Decimal, instrument: Instrument): Decimal {
  const most = Decimal.min(buy, sell)
  const rest = Decimal.max(buy, sell).minus(most)
  if (rest.eq(0) || !isDust(rest, price, instrument)) return most
  // Both keep the smallest order that the venue takes.
  const smallest = smallestOrder(price, instrument)
  const less = most.minus(smallest)
  return less.gt(0) ? less : new Decimal(0)
}

function smallestOrder(price: Decimal, { lotSize, minQuantity, minNotional }: Instrument): Decimal {
  const byValue = new Decimal(minNotional).div(price).div(lotSize).ceil().times(lotSize)
  return Decimal.max(byValue, minQuantity, lotSize)
}
