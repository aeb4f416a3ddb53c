import type { ExchangeKeys } from '../exchange-keys.ts'
import { loadExchange } from '../ccxt/load-exchange.ts'

/** A number of ccxt: as text, so that no digit is lost. */
type Text = string | undefined

export interface CcxtMarket {
  symbol: string
  base: string
  quote: string
  spot?: boolean
  active?: boolean
  precision: { amount: Text; price: Text }
  limits: { amount?: Range; market?: Range; cost?: Range }
  /** As the exchange sent it. */
  info?: { filters?: readonly { filterType?: string; stepSize?: string }[] }
}

interface Range {
  min?: Text
  max?: Text
}

export interface CcxtOrder {
  id: string
  clientOrderId: Text
  symbol: string
  side: string
  status: Text
  amount: Text
  filled: Text
  timestamp: number | undefined
  lastUpdateTimestamp: number | undefined
}

export interface CcxtTrade {
  id: string
  order: Text
  symbol: string
  side: string
  amount: Text
  price: Text
  timestamp: number
  fee?: { cost?: Text; currency?: Text }
}

/** The small part of a ccxt exchange (4.5) that trading uses; ccxt's own types pull in all of it. */
export interface CcxtAccount {
  markets?: Record<string, CcxtMarket>
  precisionMode: number
  last_response_headers?: Record<string, string>
  /** How ccxt makes the numbers of its answers. */
  number: unknown
  /** Time of signed requests, ms. */
  nonce: () => number
  loadMarkets(reload: boolean): Promise<unknown>
  fetchTime(): Promise<number | undefined>
  createOrder(
    symbol: string,
    type: 'market' | 'limit',
    side: string,
    amount: string,
    price: string | undefined,
    parameters: Record<string, unknown>,
  ): Promise<CcxtOrder>
  cancelOrder(id: string | undefined, symbol: string, parameters?: Record<string, unknown>): Promise<CcxtOrder>
  fetchOrder(id: string | undefined, symbol: string, parameters?: Record<string, unknown>): Promise<CcxtOrder>
  fetchOpenOrders(symbol: string): Promise<CcxtOrder[]>
  fetchMyTrades(
    symbol: string,
    since: number | undefined,
    limit: number,
    parameters?: Record<string, unknown>,
  ): Promise<CcxtTrade[]>
  fetchBalance(): Promise<Record<string, unknown>>
}

/** ccxt's TICK_SIZE: precisions are steps. */
export const TICK_SIZE = 4
const REQUEST_TIMEOUT_MS = 10_000

/** Only spot. ccxt must not wait by itself: an order that is not sent at once is not sent. */
const OPTIONS = {
  fetchMarkets: { types: ['spot'] },
  fetchCurrencies: false,
  fetchMargins: false,
  defaultType: 'spot',
  warnOnFetchOpenOrdersWithoutSymbol: false,
}

/** An account at an exchange. Rejects with NoSuchExchangeError. */
export async function loadAccount(
  id: string,
  { keys, baseUrl, sandbox, nowMs }: { keys: ExchangeKeys; baseUrl: string | null; sandbox: boolean; nowMs: () => number },
): Promise<CcxtAccount> {
  const settings = { ...keys, options: OPTIONS, timeout: REQUEST_TIMEOUT_MS, enableRateLimit: false }
  const account = await loadExchange<CcxtAccount>(id, { settings, baseUrl, sandbox })
  account.number = String
  account.nonce = nowMs
  return account
}
