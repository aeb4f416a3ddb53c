import { NoSuchExchangeError, loadExchange } from '../ccxt/load-exchange.ts'
import { FeedError } from './feed.ts'

/** [open time, open, high, low, close, volume]; a field the exchange did not send is absent. */
export type OhlcvRow = readonly (number | null | undefined)[]
/** Rows by unified symbol and timeframe. */
export type OhlcvRows = Record<string, Record<string, readonly OhlcvRow[]>>

interface CcxtMarket {
  symbol: string
  base: string
  quote: string
  spot?: boolean
}

/** The small part of a ccxt exchange (4.5) that is used here; ccxt's own types pull in all of it. */
export interface CcxtExchange {
  has: Record<string, unknown>
  markets?: Record<string, CcxtMarket>
  /** Candles received by websocket; ccxt adds to it while it handles a message, and makes what is not there. */
  ohlcvs: OhlcvRows
  clients: Record<string, { connection?: { terminate?: () => void } }>
  last_response_headers?: Record<string, string>
  last_http_response?: unknown
  loadMarkets(reload: boolean): Promise<unknown>
  fetchTime(): Promise<number | undefined>
  fetchOHLCV(symbol: string, timeframe: string, since?: number, limit?: number): Promise<readonly OhlcvRow[]>
  watchOHLCV(symbol: string, timeframe: string): Promise<unknown>
  watchOHLCVForSymbols(pairs: readonly (readonly [string, string])[]): Promise<unknown>
  handleMessage(client: unknown, message: unknown): void
}

export interface ExchangeHooks {
  /** A readable message came in, with these candles. */
  onMessage(rows: OhlcvRows): void
  /** A message was dropped; the reason. */
  onBadMessage(reason: string): void
}

/** Only spot, no private calls; and no waiting by ccxt before it dials again: the feed has its own backoff. */
const OPTIONS = {
  fetchMarkets: { types: ['spot'] },
  fetchCurrencies: false,
  fetchMargins: false,
  defaultType: 'spot',
  ws: { backoff: { base: 0 } },
}
const REQUEST_TIMEOUT_MS = 10_000
/** Characters of a bad message that are shown. */
const SHOWN = 80

/** Loads an exchange for its candles. With `baseUrl` every call goes there. Rejects with FeedError when ccxt has no such one. */
export async function loadCcxtExchange(id: string, baseUrl: string | null, hooks: ExchangeHooks): Promise<CcxtExchange> {
  const settings = { options: OPTIONS, timeout: REQUEST_TIMEOUT_MS, enableRateLimit: true }
  try {
    const exchange = await loadExchange<CcxtExchange>(id, { settings, baseUrl })
    guardMessages(exchange, hooks)
    return exchange
  } catch (error) {
    if (error instanceof NoSuchExchangeError) throw new FeedError(error.message, { cause: error })
    throw error
  }
}

/** ccxt's symbol of a spot market (`BTC/USDT`) for ours (`BTCUSDT`), which is base and quote put together. Throws FeedError. */
export function unifiedSymbol(exchange: CcxtExchange, symbol: string): string {
  const market = Object.values(exchange.markets ?? {}).find((one) => one.spot === true && one.base + one.quote === symbol)
  if (market === undefined) throw new FeedError(`the exchange has no spot market ${symbol}`)
  return market.symbol
}

/** Cuts the sockets without a closing handshake, which a peer that went silent would not answer. Pending watches reject. */
export function cutSockets(exchange: CcxtExchange): void {
  for (const client of Object.values(exchange.clients ?? {})) client.connection?.terminate?.()
}

/**
 * ccxt parses in `handleMessage` and, when that throws, rejects every watch of the connection; what is not JSON reaches it as
 * text. Both are dropped and reported here, and the connection lives on.
 * Candles are taken from ccxt's cache after each message: its watches merge what came between two of them, forget a stream
 * when another was faster, and after one candle out of order return the wrong ones.
 */
function guardMessages(exchange: CcxtExchange, hooks: ExchangeHooks): void {
  const handleMessage = exchange.handleMessage.bind(exchange)
  exchange.handleMessage = (client, message) => {
    if (typeof message !== 'object' || message === null) {
      hooks.onBadMessage(`not JSON: ${String(message).slice(0, SHOWN)}`)
      return
    }
    try {
      handleMessage(client, message)
    } catch (error) {
      hooks.onBadMessage(`not understood (${String(error)}): ${JSON.stringify(message).slice(0, SHOWN)}`)
      return
    }
    const rows = exchange.ohlcvs
    exchange.ohlcvs = {}
    hooks.onMessage(rows)
  }
}
