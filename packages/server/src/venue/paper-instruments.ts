import type { Instrument } from '@spark/core/market/instrument'
import { quoteAsset } from '@spark/core/market/quote-asset'

/** Tick and lot of the larger markets, as spot exchanges list them. */
const KNOWN: Readonly<Record<string, readonly [tick: string, lot: string]>> = {
  BTCUSDT: ['0.01', '0.00001'],
  ETHUSDT: ['0.01', '0.0001'],
  BNBUSDT: ['0.01', '0.001'],
  SOLUSDT: ['0.01', '0.001'],
  LTCUSDT: ['0.01', '0.001'],
  AVAXUSDT: ['0.01', '0.01'],
  LINKUSDT: ['0.01', '0.01'],
  DOTUSDT: ['0.001', '0.01'],
}

/** What the paper venue lists of a symbol; null when its name ends in no quote asset that is known. */
export function paperInstrument(symbol: string): Instrument | null {
  const quote = quoteAsset(symbol)
  if (quote === null) return null
  const [tickSize, lotSize] = (Object.hasOwn(KNOWN, symbol) ? KNOWN[symbol] : undefined) ?? ['0.00001', '0.1']
  return {
    symbol,
    base: symbol.slice(0, -quote.length),
    quote,
    tickSize,
    lotSize,
    minQuantity: lotSize,
    maxQuantity: null,
    minNotional: '5',
  }
}
