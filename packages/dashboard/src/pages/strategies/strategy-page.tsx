import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import type { StrategyView } from '@spark/contract/trading'
import { Moment } from '../../components/ago.tsx'
import { decisionMark } from '../../components/decision-mark.ts'
import { OrderTable } from '../../components/order-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StrategyButtons } from '../../components/strategy-buttons.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { decisionOf } from './strategy-decision.ts'

const CandleChart = lazy(async () => ({ default: (await import('./candle-chart.tsx')).CandleChart }))

export function StrategyPage() {
  const { m } = useLanguage()
  const { trading: t } = m
  const { id } = useParams({ from: '/strategies/$id' })
  const query = useQuery(queries.strategies)
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <Link to="/strategies" className="text-accent underline">
        {t.back}
      </Link>
      <QueryView query={query} height="min-h-96">
        {({ items }) => {
          const strategy = items.find((one) => one.id === id)
          return strategy === undefined ? <p>{t.unknownStrategy}</p> : <Detail strategy={strategy} />
        }}
      </QueryView>
    </div>
  )
}

const FILLS_SHOWN = '500'

function Detail({ strategy }: { strategy: StrategyView }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const { id, symbol, tf } = strategy
  const candles = useQuery(queries.candles({ symbol, tf }))
  const fills = useQuery(queries.fills({ strategyId: id, limit: FILLS_SHOWN })).data?.items ?? []
  const equity = useQuery(queries.equity({ scope: `strategy:${id}` }))
  const orders = useQuery(queries.orders({ strategyId: id, limit: '50' }))
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-base font-semibold">{id}</h1>
        <span className="text-muted">
          {symbol} {tf} · {t.capital} {f.money(strategy.capital)} · {strategy.exposed ? 'ml' : 'baseline'} ·{' '}
          {t.statuses[strategy.status]}
        </span>
        <StrategyButtons strategy={strategy} />
      </div>
      {strategy.pauseReason !== null && <p className="text-amber">{t.pausedBecause(strategy.pauseReason)}</p>}
      <Panel title={t.candles} what={t.candlesWhat} className="min-h-[24rem]">
        <QueryView query={candles} height="min-h-80">
          {({ items }) =>
            items.length === 0 ? (
              <p className="text-muted">{t.noCandles}</p>
            ) : (
              <Suspense fallback={<div className="min-h-80" />}>
                <CandleChart candles={items} fills={fills} name={`${symbol} ${tf}`} />
              </Suspense>
            )
          }
        </QueryView>
      </Panel>
      <div className="grid gap-3 xl:grid-cols-2">
        <Panel title={t.orders} className="min-h-48">
          <QueryView query={orders}>
            {({ items }) => (items.length === 0 ? <p className="text-muted">{t.noOrders}</p> : <OrderTable orders={items} />)}
          </QueryView>
        </Panel>
        <div className="grid content-start gap-3">
          <Decisions strategyId={id} />
          <Panel title={t.equity}>
            <QueryView query={equity}>
              {({ points }) => {
                const last = points.at(-1)
                return last === undefined ? <p className="text-muted">{t.noEquity}</p> : <p>{f.money(last.equity)}</p>
              }}
            </QueryView>
          </Panel>
        </div>
      </div>
    </>
  )
}

function Decisions({ strategyId }: { strategyId: string }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const query = useQuery(queries.audit({ strategyId, all: true, limit: 50 }))
  return (
    <Panel title={t.decisions} className="min-h-48">
      <QueryView query={query}>
        {({ items }) => {
          const decided = items.flatMap((item) => decisionOf(item) ?? [])
          if (decided.length === 0) return <p className="text-muted">{t.noDecisions}</p>
          return (
            <ul className="max-h-60 overflow-y-auto" tabIndex={0}>
              {decided.map(({ id, ts, by, decision, confid, action, reason }) => (
                <li key={id} className="flex flex-wrap gap-x-3 border-b border-line py-1">
                  <Moment ms={ts} />
                  <span className="text-muted">{by}</span>
                  <span>{decisionMark(decision)}</span>
                  {confid !== null && <span>{f.number(confid, 2)}</span>}
                  <span className="ms-auto" lang="en">
                    {action} <span className="text-muted">{reason}</span>
                  </span>
                </li>
              ))}
            </ul>
          )
        }}
      </QueryView>
    </Panel>
  )
}
