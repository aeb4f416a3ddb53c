import { Decimal as Base } from 'decimal.js'

/** Money, prices and quantities: 40 significant digits, half up, never printed with an exponent below 1e40. */
export const Decimal = Base.clone({ precision: 40, rounding: Base.ROUND_HALF_UP, toExpNeg: -40, toExpPos: 40 })
export type Decimal = Base

/** How money crosses a boundary (database, JSON, venue): plain decimal text such as `0.00123`. */
export type DecimalText = string

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i

/** Null when it is not a finite decimal number: NaN, Infinity, empty, hexadecimal, with separators. */
export function parseDecimal(value: string | number): Decimal | null {
  const text = String(value)
  return text.length <= 100 && DECIMAL.test(text) ? new Decimal(text) : null
}
