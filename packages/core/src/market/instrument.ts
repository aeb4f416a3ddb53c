import { Decimal, type DecimalText } from '../trading/decimal.ts'

/** What a venue lists of a symbol: the forms of orders that it takes. */
export interface Instrument {
  symbol: string
  base: string
  quote: string
  /** Prices are multiples of it. */
  tickSize: DecimalText
  /** Quantities are multiples of it. */
  lotSize: DecimalText
  minQuantity: DecimalText
  maxQuantity: DecimalText | null
  /** Smallest price × quantity, in quote units. */
  minNotional: DecimalText
}

/** Down to a multiple of `step`, towards zero. */
export function roundToStep(value: Decimal, step: DecimalText): Decimal {
  return value.divToInt(step).times(step)
}

/** A quantity that the venue would not take back: it counts as flat. */
export function isDust(quantity: Decimal, price: Decimal, instrument: Instrument): boolean {
  const sellable = roundToStep(quantity, instrument.lotSize)
  return sellable.lte(0) || sellable.lt(instrument.minQuantity) || sellable.times(price).lt(new Decimal(instrument.minNotional))
}
