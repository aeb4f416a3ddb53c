import { roundToStep, type Instrument } from '@spark/core/market/instrument'
import { Decimal } from '@spark/core/trading/decimal'
import type { CcxtMarket } from './ccxt-account.ts'

/**
 * The exchange judges the value of a market order by its own average price of some minutes, not by the one we decided at: an
 * order must be worth so much more than the least, or a price that moves makes it refused.
 */
const NOTIONAL_ROOM = '1.05'

/** The form of market orders of a symbol. Null: not a spot market, or one that does not say its steps. */
export function instrumentOf({ base, quote, spot, active, precision, limits, info }: CcxtMarket): Instrument | null {
  const { amount: lot, price: tickSize } = precision
  if (spot !== true || active === false || lot === undefined || tickSize === undefined) return null
  // Only the exchange's own listing has the step of market orders; it is a multiple of the lot, or none.
  const marketStep = info?.filters?.find(({ filterType }) => filterType === 'MARKET_LOT_SIZE')?.stepSize ?? '0'
  const lotSize = Decimal.max(lot, marketStep)
  const up = (least: Decimal) => least.div(lotSize).ceil().times(lotSize)
  const most = [limits.amount?.max, limits.market?.max].filter((one) => one !== undefined).filter((one) => new Decimal(one).gt(0))
  return {
    symbol: `${base}${quote}`,
    base,
    quote,
    tickSize: plain(tickSize),
    lotSize: lotSize.toFixed(),
    minQuantity: up(Decimal.max(limits.amount?.min ?? 0, limits.market?.min ?? 0, lotSize)).toFixed(),
    maxQuantity: most.length === 0 ? null : roundToStep(Decimal.min(...most), lotSize.toFixed()).toFixed(),
    minNotional: new Decimal(limits.cost?.min ?? 0).times(NOTIONAL_ROOM).toFixed(),
  }
}

/** Without an exponent and without zeros at the end. */
export function plain(value: string): string {
  return new Decimal(value).toFixed()
}
