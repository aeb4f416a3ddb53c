import type { Generated } from 'kysely'

/** `<dataDir>/paper-venue.db`. Decimals are text, times ms. */
export interface PaperTables {
  paper_order: PaperOrderRow
  paper_fill: PaperFillRow
  paper_balance: PaperBalanceRow
}

export interface PaperOrderRow {
  venue_order_id: string
  /** Of one order at a time; another one may carry it when that has ended. */
  client_order_id: string
  symbol: string
  side: string
  quantity: string
  filled_quantity: string
  /** Limit; null: market. */
  price: string | null
  state: string
  /** What it still keeps locked: quote units of a buy, base units of a sale. */
  locked: string
  created_at: number
  updated_at: number
}

export interface PaperFillRow {
  id: Generated<number>
  venue_order_id: string
  symbol: string
  side: string
  quantity: string
  price: string
  fee: string
  fee_asset: string
  ts: number
}

export interface PaperBalanceRow {
  asset: string
  free: string
  locked: string
}
