import type { Instrument } from '@spark/core/market/instrument'

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
const QUOTES = ['USDT', 'USDC', 'FDUSD', 'BTC', 'ETH', 'EUR', 'TRY']

/** What the paper venue lists of a symbol; null when its name ends in no quote asset that is known. */
export function paperInstrument(symbol: string): Instrument | null {
  const quote = QUOTES.find((asset) => symbol.length > asset.length && symbol.endsWith(asset))
  if (quote === undefined) return null
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
