import type { Instrument } from '../market/instrument.ts'
import { parseDecimal, type Decimal, type DecimalText } from './decimal.ts'
import type { Purpose, Side } from './order.ts'

/** Limits of config/spark.yaml. Amounts are in quote units; equal to a limit is allowed, beyond it is not. */
export interface RiskLimits {
  /** Null: every symbol that a strategy names. */
  allowedSymbols: readonly string[] | null
  /** How far the reference price may be from the last good one. */
  priceCollarPercent: DecimalText
  /** How old the last good price may be. */
  maxPriceAgeMs: number
  maxOrderNotional: DecimalText
  maxStrategyNotional: DecimalText
  maxTotalNotional: DecimalText
  maxOrdersPerMinute: number
  /** Cancels have a budget of their own: no rush of orders keeps one from being cancelled. */
  maxCancelsPerMinute: number
  /** Accepted orders of one strategy and side within the window. */
  maxRepeats: number
  repeatWindowMs: number
  /** Since midnight UTC, realised and unrealised. */
  maxDailyLoss: DecimalText
  /** From the highest equity. */
  maxDrawdownPercent: DecimalText
}

/** For 120 paper strategies of 1,000 quote units each. */
export const DEFAULT_RISK_LIMITS: RiskLimits = {
  allowedSymbols: null,
  priceCollarPercent: '5',
  maxPriceAgeMs: 120_000,
  maxOrderNotional: '1000',
  maxStrategyNotional: '1000',
  maxTotalNotional: '150000',
  maxOrdersPerMinute: 600,
  maxCancelsPerMinute: 600,
  maxRepeats: 10,
  repeatWindowMs: 300_000,
  maxDailyLoss: '6000',
  maxDrawdownPercent: '20',
}

export interface CheckedOrder {
  symbol: string
  side: Side
  purpose: Purpose
  /** Base units. */
  quantity: DecimalText
  /** Price at which it was decided, quote units. */
  referencePrice: DecimalText
}

/** What is known when the order is checked; sums hold everything that was accepted before it. */
export interface RiskFacts {
  nowMs: number
  lastPrice: { price: number; ts: number } | null
  instrument: Instrument | null
  /** Positions at cost plus what open orders may add. */
  strategyNotional: DecimalText
  totalNotional: DecimalText
  capital: DecimalText
  ordersLastMinute: number
  repeats: number
  /** An order of the same strategy, side and candle exists, under whatever id. */
  duplicate: boolean
  killed: boolean
  /** Null: not known. */
  equity: { now: DecimalText; dayStart: DecimalText; peak: DecimalText } | null
}

export const RISK_CODES = [
  'risk_check_failed',
  'risk_not_a_number',
  'risk_duplicate',
  'risk_venue_form',
  'risk_killed',
  'risk_symbol_not_allowed',
  'risk_no_reference_price',
  'risk_price_too_old',
  'risk_price_collar',
  'risk_order_value',
  'risk_capital',
  'risk_strategy_position',
  'risk_total_position',
  'risk_order_rate',
  'risk_repeated',
  'risk_no_equity',
  'risk_daily_loss',
  'risk_drawdown',
] as const
export type RiskCode = (typeof RISK_CODES)[number]

/** Limits that say "enough lost": no matter of one order, so they pause its strategy until a person starts it again. */
export const PAUSING_LIMITS: ReadonlyMap<string, string> = new Map<RiskCode, string>([
  ['risk_daily_loss', 'the daily loss limit'],
  ['risk_drawdown', 'the drawdown limit'],
])

export interface RiskRefusal {
  code: RiskCode
  /** Value and limit. */
  detail: string
}

/**
 * Why an order may not be sent, or null. Fail closed: what cannot be read as a positive decimal refuses, and so does a check
 * that throws. Exits are never stopped by limits, only by form and by being sent twice.
 */
export function checkOrder(limits: RiskLimits, order: CheckedOrder, facts: RiskFacts): RiskRefusal | null {
  try {
    return refusal(limits, order, facts)
  } catch (error) {
    return { code: 'risk_check_failed', detail: error instanceof Error ? error.message : String(error) }
  }
}

function refusal(limits: RiskLimits, order: CheckedOrder, facts: RiskFacts): RiskRefusal | null {
  const quantity = positive(order.quantity)
  const price = positive(order.referencePrice)
  if (quantity === null) return { code: 'risk_not_a_number', detail: `quantity ${order.quantity} is not a positive decimal` }
  if (price === null) return { code: 'risk_not_a_number', detail: `price ${order.referencePrice} is not a positive decimal` }
  if (facts.duplicate) return { code: 'risk_duplicate', detail: `${order.side} of this candle was ordered before` }
  const wrongForm = formProblem(order, quantity, price, facts.instrument)
  if (wrongForm !== null) return { code: 'risk_venue_form', detail: wrongForm }
  // Only a sale gets rid of risk on spot, whatever it calls itself.
  if (order.purpose !== 'enter' && order.side === 'sell') return null
  return (
    permissionRefusal(limits, order, facts) ??
    priceRefusal(limits, price, facts) ??
    sizeRefusal(limits, quantity.times(price), facts) ??
    rateRefusal(limits, facts) ??
    lossRefusal(limits, facts)
  )
}

function formProblem(order: CheckedOrder, quantity: Decimal, price: Decimal, instrument: Instrument | null): string | null {
  if (instrument === null) return `the venue does not list ${order.symbol}`
  const { lotSize, minQuantity, maxQuantity, minNotional } = instrument
  if (!quantity.mod(lotSize).eq(0)) return `quantity ${order.quantity} is not a multiple of the lot ${lotSize}`
  if (quantity.lt(minQuantity)) return `quantity ${order.quantity} is below ${minQuantity}`
  if (maxQuantity !== null && quantity.gt(maxQuantity)) return `quantity ${order.quantity} is above ${maxQuantity}`
  const notional = quantity.times(price)
  return notional.lt(minNotional) ? `value ${notional.toString()} is below the venue's ${minNotional}` : null
}

function permissionRefusal(limits: RiskLimits, order: CheckedOrder, facts: RiskFacts): RiskRefusal | null {
  if (facts.killed) return { code: 'risk_killed', detail: 'the kill switch is set' }
  if (limits.allowedSymbols !== null && !limits.allowedSymbols.includes(order.symbol))
    return { code: 'risk_symbol_not_allowed', detail: `${order.symbol} is not in the allow-list` }
  return null
}

function priceRefusal(limits: RiskLimits, price: Decimal, { lastPrice, nowMs }: RiskFacts): RiskRefusal | null {
  const last = lastPrice === null ? null : positive(lastPrice.price)
  if (lastPrice === null || last === null) return { code: 'risk_no_reference_price', detail: 'no good market price is known' }
  const ageMs = nowMs - lastPrice.ts
  // From the future as well: the clock was set back, and nobody knows how old the price is.
  if (!(Math.abs(ageMs) <= limits.maxPriceAgeMs))
    return { code: 'risk_price_too_old', detail: `the last price is ${ageMs} ms old, at most ${limits.maxPriceAgeMs}` }
  const away = price.minus(last).abs().div(last).times(100)
  if (!away.lte(amount(limits.priceCollarPercent)))
    return {
      code: 'risk_price_collar',
      detail: `price ${price.toString()} is ${away.toFixed(2)} % from the last price ${last.toString()}, at most ${limits.priceCollarPercent} %`,
    }
  return null
}

function sizeRefusal(limits: RiskLimits, notional: Decimal, facts: RiskFacts): RiskRefusal | null {
  const beyond = (code: RiskCode, value: Decimal, limit: DecimalText): RiskRefusal | null =>
    value.lte(amount(limit)) ? null : { code, detail: `${value.toString()} is above ${limit}` }
  const ofStrategy = notional.plus(exposure(facts.strategyNotional))
  return (
    beyond('risk_order_value', notional, limits.maxOrderNotional) ??
    beyond('risk_capital', ofStrategy, facts.capital) ??
    beyond('risk_strategy_position', ofStrategy, limits.maxStrategyNotional) ??
    beyond('risk_total_position', notional.plus(exposure(facts.totalNotional)), limits.maxTotalNotional)
  )
}

function rateRefusal(limits: RiskLimits, facts: RiskFacts): RiskRefusal | null {
  if (!(count(facts.ordersLastMinute) < limits.maxOrdersPerMinute))
    return {
      code: 'risk_order_rate',
      detail: `${facts.ordersLastMinute} orders in the last minute, at most ${limits.maxOrdersPerMinute}`,
    }
  if (!(count(facts.repeats) < limits.maxRepeats))
    return {
      code: 'risk_repeated',
      detail: `${facts.repeats} such orders in ${limits.repeatWindowMs} ms, at most ${limits.maxRepeats}`,
    }
  return null
}

function lossRefusal(limits: RiskLimits, { equity }: RiskFacts): RiskRefusal | null {
  if (equity === null) return { code: 'risk_no_equity', detail: 'equity is not known, so losses cannot be judged' }
  const now = amount(equity.now)
  const lost = amount(equity.dayStart).minus(now)
  if (!lost.lte(amount(limits.maxDailyLoss)))
    return { code: 'risk_daily_loss', detail: `${lost.toString()} lost today, at most ${limits.maxDailyLoss}` }
  const peak = amount(equity.peak)
  if (peak.lte(0)) return { code: 'risk_no_equity', detail: `the highest equity is ${equity.peak}` }
  const drawdown = peak.minus(now).div(peak).times(100)
  if (!drawdown.lte(amount(limits.maxDrawdownPercent)))
    return { code: 'risk_drawdown', detail: `${drawdown.toFixed(2)} % below the peak, at most ${limits.maxDrawdownPercent} %` }
  return null
}

function positive(value: DecimalText | number): Decimal | null {
  const parsed = parseDecimal(value)
  return parsed !== null && parsed.gt(0) ? parsed : null
}

/** Throws when it is no decimal: the caller refuses. */
function amount(value: DecimalText): Decimal {
  const parsed = parseDecimal(value)
  if (parsed === null) throw new RangeError(`${value} is not a decimal`)
  return parsed
}

/** What is held cannot be negative on spot: a sum that says so is wrong, and would let more through. */
function exposure(value: DecimalText): Decimal {
  const parsed = amount(value)
  if (parsed.lt(0)) throw new RangeError(`the exposure ${value} is negative`)
  return parsed
}

function count(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no count`)
  return value
}
