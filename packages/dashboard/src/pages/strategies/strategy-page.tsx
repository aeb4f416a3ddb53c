import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { quoteAsset } from '@spark/contract/quote-asset'
import type { StrategyView } from '@spark/contract/trading'
import { Moment } from '../../components/ago.tsx'
import { decisionMark } from '../../components/decision-mark.ts'
import { OrderTable } from '../../components/order-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StrategyButtons } from '../../components/strategy-buttons.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { whyText } from '../../i18n/why.ts'
import { queries } from '../../queries.ts'
import { ArmedLine } from './armed-line.tsx'
import { CandlePanel } from './candle-panel.tsx'
import { EquityPanel } from './equity-panel.tsx'
import { OptimizationPanel } from './optimization-panel.tsx'
import { decisionOf } from './strategy-decision.ts'
import { WhyNotPanel } from './why-not-panel.tsx'

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
/** As many as candles are shown. */
const DECISIONS_READ = 300
const AT_CLOSE = ['baseline.decision'] as const
const NOTHING: readonly never[] = []

function Detail({ strategy }: { strategy: StrategyView }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const { id, symbol, tf } = strategy
  const fills = useQuery(queries.fills({ strategyId: id, limit: FILLS_SHOWN }))
  const orders = useQuery(queries.orders({ strategyId: id, limit: '50' }))
  const closes = useQuery(queries.strategyAudit(id, AT_CLOSE, DECISIONS_READ))
  const atClose = closes.data ?? NOTHING
  const decisions = useMemo(() => atClose.flatMap((item) => decisionOf(item) ?? []), [atClose])
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-base font-semibold">{id}</h1>
        <span className="text-muted">
          {symbol} {tf} · {t.capital} {f.amount(strategy.capital, quoteAsset(symbol))} · {strategy.exposed ? 'ml' : 'baseline'} ·{' '}
          {t.statuses[strategy.status]}
        </span>
        <StrategyButtons strategy={strategy} />
      </div>
      <ArmedLine strategy={strategy} />
      {strategy.pauseReason !== null && <p className="text-amber">{t.pausedBecause(whyText(strategy.pauseReason, m.why))}</p>}
      {(fills.error ?? closes.error) !== null && <p className="text-amber">{t.marksMissing}</p>}
      <CandlePanel strategy={strategy} fills={fills.data?.items ?? NOTHING} decisions={decisions} />
      <div className="grid gap-3 xl:grid-cols-2">
        <EquityPanel strategyId={id} quote={quoteAsset(symbol)} fills={fills} />
        <WhyNotPanel strategyId={id} decisions={atClose} />
        <Panel title={t.orders} className="min-h-48">
          <QueryView query={orders}>
            {({ items }) => (items.length === 0 ? <p className="text-muted">{t.noOrders}</p> : <OrderTable orders={items} />)}
          </QueryView>
        </Panel>
        <Decisions strategyId={id} />
        <OptimizationPanel strategyId={id} />
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
              {decided.map(({ id, ts, by, decision, confid, action, reasons }) => (
                <li key={id} className="flex flex-wrap gap-x-3 border-b border-line py-1">
                  <Moment ms={ts} />
                  <span className="text-muted">{by}</span>
                  <span>{decisionMark(decision)}</span>
                  {confid !== null && <span>{f.number(confid, 2)}</span>}
                  <span className="ms-auto">
                    {action !== null && t.actions[action]}{' '}
                    <span className="text-muted">{reasons.map((one) => whyText(one, m.why)).join('; ')}</span>
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
