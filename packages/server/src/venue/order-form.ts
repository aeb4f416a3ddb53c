import type { Instrument } from '@spark/core/market/instrument'
import { parseDecimal } from '@spark/core/trading/decimal'
import type { VenueOrderRequest } from './venue.ts'

/** Why an order does not have the form that the venue lists for its symbol, or null. */
export function formProblem(
  { quantity, price, side }: Pick<VenueOrderRequest, 'quantity' | 'price' | 'side'>,
  instrument: Instrument,
): string | null {
  const amount = parseDecimal(quantity)
  if (amount === null || amount.lt(instrument.minQuantity)) return `${side} of ${quantity} is below ${instrument.minQuantity}`
  if (instrument.maxQuantity !== null && amount.gt(instrument.maxQuantity))
    return `${side} of ${quantity} is above ${instrument.maxQuantity}`
  if (!amount.mod(instrument.lotSize).eq(0)) return `${quantity} is not a multiple of the lot ${instrument.lotSize}`
  if (price === null) return null
  const limit = parseDecimal(price)
  if (limit === null || limit.lte(0) || !limit.mod(instrument.tickSize).eq(0))
    return `${price} is not a multiple of the tick ${instrument.tickSize}`
  return amount.times(limit).lt(instrument.minNotional) ? `a value below ${instrument.minNotional}` : null
}
