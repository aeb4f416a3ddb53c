/** Exchanges whose order ids, receive window and "not found" are known and tested; others are refused. */
export const TRADABLE_EXCHANGES = ['binance'] as const
export type TradableExchange = (typeof TRADABLE_EXCHANGES)[number]

/** Where orders may go: `paper`, `ccxt:EXCHANGE`. */
export const VENUES = ['paper', ...TRADABLE_EXCHANGES.map((exchange) => `ccxt:${exchange}` as const)] as const
export type VenueChoice = (typeof VENUES)[number]

/** `paper`, `ccxt:binance` with real money, `ccxt:binance testnet` without. */
export function venueName(venue: VenueChoice, live: boolean): string {
  return venue === 'paper' || live ? venue : `${venue} testnet`
}

export function exchangeOf(venue: VenueChoice): TradableExchange | null {
  return TRADABLE_EXCHANGES.find((exchange) => venue === `ccxt:${exchange}`) ?? null
}
