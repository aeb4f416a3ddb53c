import { Decimal } from '../../packages/core/src/trading/decimal.ts'
import type { Filter } from './exchange-info.ts'

interface OrderForm {
  type: 'MARKET' | 'LIMIT'
  quantity: Decimal
  /** Limit, or the market's price. */
  price: Decimal
  /** Orders of the symbol that are open. */
  open: number
}

/** The filter that an order fails, as the exchange names it, or null. */
export function filterFailure(filters: readonly Filter[], order: OrderForm): string | null {
  if (!order.quantity.gt(0)) return 'LOT_SIZE'
  const failed = filters.find((filter) => RULES[String(filter['filterType'])]?.(amounts(filter), order, filter) === false)
  return failed === undefined ? null : String(failed['filterType'])
}

type Amounts = (name: string) => Decimal

function amounts(filter: Filter): Amounts {
  return (name) => new Decimal(String(filter[name] ?? 0))
}

/** Whether an order keeps a filter: https://developers.binance.com/docs/binance-spot-api-docs/filters */
const RULES: Readonly<Record<string, (of: Amounts, order: OrderForm, filter: Filter) => boolean>> = {
  PRICE_FILTER: (of, { type, price }) => type === 'MARKET' || within(price, of('minPrice'), of('maxPrice'), of('tickSize')),
  LOT_SIZE: (of, { quantity }) => within(quantity, of('minQty'), of('maxQty'), of('stepSize')),
  MARKET_LOT_SIZE: (of, { type, quantity }) => type !== 'MARKET' || within(quantity, of('minQty'), of('maxQty'), of('stepSize')),
  MIN_NOTIONAL: (of, { type, quantity, price }, { applyToMarket }) =>
    (type === 'MARKET' && applyToMarket !== true) || quantity.times(price).gte(of('minNotional')),
  NOTIONAL: (of, { type, quantity, price }, { applyMinToMarket, applyMaxToMarket }) => {
    const value = quantity.times(price)
    const [low, high] = type === 'LIMIT' ? [true, true] : [applyMinToMarket, applyMaxToMarket]
    return (low !== true || value.gte(of('minNotional'))) && (high !== true || value.lte(of('maxNotional')))
  },
  MAX_NUM_ORDERS: (of, { open }) => of('maxNumOrders').gt(open),
}

/** A step of 0 is none, and so is a greatest of 0. */
function within(value: Decimal, least: Decimal, most: Decimal, step: Decimal): boolean {
  return value.gte(least) && (most.eq(0) || value.lte(most)) && (step.eq(0) || value.mod(step).eq(0))
}
