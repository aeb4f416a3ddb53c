import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useDeferredValue, useMemo } from 'react'
import { Button } from '../../components/button.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { quoteAsset } from '@spark/contract/quote-asset'
import { STRATEGY_SORTS, type StrategiesSearch, type StrategySort } from '../../search.ts'
import { StrategyList } from './strategy-list.tsx'
import { pickRows, rowsOf } from './strategy-rows.ts'

/** 10,000 rows, of which only those in view are drawn. Search, filter and order stand in the address. */
export function StrategiesPage() {
  const { m, f } = useLanguage()
  const search = useSearch({ from: '/strategies' })
  const query = useQuery(queries.strategies)
  const profits = useQuery(queries.positions).data?.profits
  const rows = useMemo(() => rowsOf(query.data?.items ?? [], profits ?? []), [query.data, profits])
  const wanted = useDeferredValue(search)
  const picked = useMemo(() => pickRows(rows, wanted), [rows, wanted])
  const quotes = useMemo(() => [...new Set(rows.flatMap(({ symbol }) => quoteAsset(symbol) ?? []))].join(', '), [rows])
  return (
    <div className="flex h-[calc(100%-6rem)] min-h-96 flex-col gap-3 p-2 sm:p-3">
      <div className="flex flex-wrap items-end gap-2">
        <h1 className="me-2 text-base font-semibold">{m.trading.strategies}</h1>
        <Filters search={search} />
        <span className="ms-auto text-muted" role="status">
          {m.trading.shown(f.number(picked.length), f.number(rows.length))}
          {quotes !== '' && ` · ${m.trading.amountsIn(quotes)}`}
        </span>
      </div>
      <QueryView query={query} height="min-h-96">
        {() => (picked.length === 0 ? <p className="text-muted">{m.trading.noStrategies}</p> : <StrategyList rows={picked} />)}
      </QueryView>
    </div>
  )
}

function Filters({ search }: { search: StrategiesSearch }) {
  const { m } = useLanguage()
  const { trading: t } = m
  const navigate = useNavigate({ from: '/strategies' })
  const change = (part: { [Key in keyof StrategiesSearch]: StrategiesSearch[Key] | undefined }) =>
    void navigate({ search: { ...search, ...part } as StrategiesSearch, replace: true })
  const sorts: Record<StrategySort, string> = {
    id: 'id',
    symbol: t.symbol,
    tf: t.timeframe,
    capital: t.capital,
    status: t.status,
    profit: t.profit,
  }
  return (
    <>
      <input
        className="field w-48"
        type="search"
        aria-label={`${m.common.search}: ${t.searchWhat}`}
        placeholder={t.searchWhat}
        value={search.q ?? ''}
        onChange={(event) => change({ q: event.target.value || undefined })}
      />
      <select
        className="field"
        aria-label={t.status}
        value={search.status ?? ''}
        onChange={(event) => change({ status: (event.target.value || undefined) as StrategiesSearch['status'] })}
      >
        <option value="">
          {t.status}: {m.common.all}
        </option>
        {(['running', 'paused', 'stopped'] as const).map((status) => (
          <option key={status} value={status}>
            {t.statuses[status]}
          </option>
        ))}
      </select>
      <select
        className="field"
        aria-label={t.arm}
        value={search.arm ?? ''}
        onChange={(event) => change({ arm: (event.target.value || undefined) as StrategiesSearch['arm'] })}
      >
        <option value="">
          {t.arm}: {m.common.all}
        </option>
        <option>ml</option>
        <option>baseline</option>
      </select>
      <select
        className="field"
        aria-label={t.sortBy}
        value={search.sort ?? 'id'}
        onChange={(event) => change({ sort: event.target.value as StrategySort })}
      >
        {STRATEGY_SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {t.sortBy}: {sorts[sort]}
          </option>
        ))}
      </select>
      <Button onClick={() => change({ down: search.down === true ? undefined : true })}>
        {search.down === true ? t.down : t.up}
      </Button>
    </>
  )
}
