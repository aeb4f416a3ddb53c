import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const recorded = fileURLToPath(new URL('../../../shared/data/fixtures/ccxt/exchangeInfo_symbols.json', import.meta.url))

/** Fields that the recording holds as text and the exchange sends as numbers. */
const NUMBERS = /"(\w*Precision|limit|avgPriceMins|\w*TrailingAboveDelta|\w*TrailingBelowDelta|maxNum\w+)":\s*"(\d+)"/g

export type Filter = Readonly<Record<string, string | boolean | number>>

/** A symbol of the exchange; with `filters` it has those in place of its own. */
export interface ListedSymbol {
  symbol: string
  filters?: readonly Filter[]
}

/** The answer of GET /api/v3/exchangeInfo: recorded symbols where they are present, and made ones for the rest. */
export function exchangeInfo(symbols: readonly ListedSymbol[], nowMs: number): ExchangeInfo {
  const known = new Map(recordedSymbols().map((symbol) => [symbol.symbol, symbol]))
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
    exchangeFilters: [],
    symbols: symbols.map(({ symbol, ...own }) => ({ ...(known.get(symbol) ?? madeSymbol(symbol)), ...own })),
  }
}

interface SymbolInfo {
  symbol: string
  baseAsset: string
  quoteAsset: string
  filters: readonly Filter[]
}

export interface ExchangeInfo extends Record<string, unknown> {
  symbols: SymbolInfo[]
}

function recordedSymbols(): SymbolInfo[] {
  if (!existsSync(recorded)) return []
  const text = readFileSync(recorded, 'utf8').replaceAll(NUMBERS, '"$1":$2')
  return (JSON.parse(text) as ExchangeInfo).symbols
}

function madeSymbol(symbol: string): SymbolInfo & Record<string, unknown> {
  const quoteAsset = symbol.endsWith('BTC') ? 'BTC' : 'USDT'
  return {
    symbol,
    status: 'TRADING',
    baseAsset: symbol.slice(0, -quoteAsset.length),
    baseAssetPrecision: 8,
    quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.01000000', maxPrice: '1000000.00000000', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
      { filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: '1200.12345678', stepSize: '0.00000000' },
      {
        filterType: 'NOTIONAL',
        minNotional: '5.00000000',
        applyMinToMarket: true,
        maxNotional: '9000000.00000000',
        avgPriceMins: 5,
      },
    ],
    permissions: ['SPOT'],
    permissionSets: [['SPOT']],
  }
}
