import type { StrategyView } from '@spark/contract/trading'
import type { StrategiesSearch } from '../../search.ts'

export interface StrategyRow extends StrategyView {
  /** Realised, of both arms; 0 before the first fill. */
  profit: number
}

interface Profit {
  strategyId: string
  realized: string
}

export function rowsOf(strategies: readonly StrategyView[], profits: readonly Profit[]): StrategyRow[] {
  const sums = new Map<string, number>()
  for (const { strategyId, realized } of profits) sums.set(strategyId, (sums.get(strategyId) ?? 0) + Number(realized))
  return strategies.map((strategy) => ({ ...strategy, profit: sums.get(strategy.id) ?? 0 }))
}

const TIMEFRAME_ORDER = ['1m', '5m', '15m', '30m', '1h', '4h', '1d']

const COMPARE: Record<NonNullable<StrategiesSearch['sort']>, (a: StrategyRow, b: StrategyRow) => number> = {
  id: (a, b) => compareText(a.id, b.id),
  symbol: (a, b) => compareText(a.symbol, b.symbol),
  tf: (a, b) => TIMEFRAME_ORDER.indexOf(a.tf) - TIMEFRAME_ORDER.indexOf(b.tf),
  capital: (a, b) => Number(a.capital) - Number(b.capital),
  status: (a, b) => compareText(a.status, b.status),
  profit: (a, b) => a.profit - b.profit,
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What fits the search, in its order; equal ones by id. */
export function pickRows(
  rows: readonly StrategyRow[],
  { q = '', status, arm, sort = 'id', down = false }: StrategiesSearch,
): StrategyRow[] {
  const wanted = q.trim().toLowerCase()
  const sign = down ? -1 : 1
  return rows
    .filter(
      (row) =>
        (status === undefined || row.status === status) &&
        (arm === undefined || row.exposed === (arm === 'ml')) &&
        (wanted === '' || `${row.id} ${row.name} ${row.symbol} ${row.tf}`.toLowerCase().includes(wanted)),
    )
    .sort((a, b) => sign * COMPARE[sort](a, b) || compareText(a.id, b.id))
}
