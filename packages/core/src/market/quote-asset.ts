/** The longer name first where one ends in another. */
const QUOTES = ['USDT', 'USDC', 'FDUSD', 'BTC', 'ETH', 'EUR', 'TRY']

/** In what a symbol like BTCUSDT is priced; null when its name ends in no asset that is known for it. */
export function quoteAsset(symbol: string): string | null {
  return QUOTES.find((asset) => symbol.length > asset.length && symbol.endsWith(asset)) ?? null
}
