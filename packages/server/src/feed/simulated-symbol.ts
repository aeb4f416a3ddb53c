import { createRandom, randomUniform } from '@spark/core/stats/random'

/** What sets one simulated symbol apart. */
export interface SimulatedSymbol {
  /** Price at the epoch, to which the market is drawn back over years; quote units. */
  basePrice: number
  /** Decimals of the smallest price step. */
  priceDecimals: number
  /** Annual volatility of log prices. */
  annualVolatility: number
  /** Typical volume of a minute in base units. */
  minuteVolume: number
}

/** Base price and annual volatility: the order of magnitude of late 2025, rounded. */
const KNOWN: Readonly<Record<string, readonly [basePrice: number, annualVolatility: number]>> = {
  BTCUSDT: [60_000, 0.6],
  ETHUSDT: [3000, 0.75],
  BNBUSDT: [600, 0.7],
  SOLUSDT: [150, 0.95],
  XRPUSDT: [0.6, 0.9],
  ADAUSDT: [0.45, 0.9],
  DOGEUSDT: [0.12, 1],
  AVAXUSDT: [30, 1],
  LINKUSDT: [15, 0.9],
  DOTUSDT: [7, 0.9],
  LTCUSDT: [80, 0.8],
  TRXUSDT: [0.15, 0.65],
}

export const SIMULATED_SYMBOLS: readonly string[] = Object.keys(KNOWN)

/** Quote units traded in a typical minute. */
const MINUTE_NOTIONAL = 1_000_000
/** Significant digits of a price at its base: 60,000.00 and 0.1200000. */
const SIGNIFICANT_DIGITS = 7

/** Any symbol works; one that is not known gets its price and volatility from its name. */
export function simulatedSymbol(symbol: string): SimulatedSymbol {
  const random = createRandom(textHash(symbol))
  const hashed = [10 ** (randomUniform(random) * 4 - 1), 0.6 + randomUniform(random) * 0.4] as const
  const [basePrice, annualVolatility] = Object.hasOwn(KNOWN, symbol) ? (KNOWN[symbol] ?? hashed) : hashed
  const priceDecimals = Math.min(8, Math.max(0, SIGNIFICANT_DIGITS - 1 - Math.floor(Math.log10(basePrice))))
  return { basePrice, priceDecimals, annualVolatility, minuteVolume: MINUTE_NOTIONAL / basePrice }
}

/** FNV-1a, 32 bits, over UTF-16 units: a number for a name. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
