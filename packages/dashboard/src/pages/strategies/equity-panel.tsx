import { HeadRow, figures } from '../../components/head-row.tsx'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { lazy, Suspense, useMemo } from 'react'
import type { FillView } from '@spark/contract/trading'
import { Moment } from '../../components/ago.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { TableBeside } from '../../components/table-beside.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { realizedCurve, type CurvePoint } from './realized-curve.ts'

const EquityChart = lazy(async () => ({ default: (await import('./equity-chart.tsx')).EquityChart }))

/** What a strategy made real, fill by fill, after fees. */
export function EquityPanel({
  strategyId,
  quote,
  fills,
}: {
  strategyId: string
  /** Of its symbol. */
  quote: string | null
  fills: UseQueryResult<{ items: readonly FillView[] }>
}) {
  const { m } = useLanguage()
  const { trading: t } = m
  const query = useQuery(queries.positions)
  return (
    <Panel title={t.equity} what={t.equityWhat} className="min-h-72">
      <QueryView query={query} height="min-h-52">
        {({ profits }) => {
          const own = profits.filter((one) => one.strategyId === strategyId)
          const realized = own.reduce((sum, one) => sum + Number(one.realized), 0)
          const count = own.reduce((sum, one) => sum + one.fills, 0)
          if (count === 0) return <p className="text-muted">{t.noEquity}</p>
          return (
            <QueryView query={fills} height="min-h-52">
              {({ items }) => <Curve fills={items} realized={realized} count={count} quote={quote} />}
            </QueryView>
          )
        }}
      </QueryView>
    </Panel>
  )
}

interface CurveProps {
  fills: readonly FillView[]
  realized: number
  count: number
  quote: string | null
}

function Curve({ fills, realized, count, quote }: CurveProps) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const points = useMemo(() => realizedCurve(fills, realized), [fills, realized])
  const now = t.equityNow(f.amount(realized, quote, true), f.number(count))
  return (
    <>
      <p className="font-semibold">{now}</p>
      <Suspense fallback={<div className="h-[180px]" />}>
        <EquityChart points={points} label={`${t.equity}: ${now}`} />
      </Suspense>
      <CurveTable points={points} quote={quote} />
    </>
  )
}

const ROWS_SHOWN = 100

function CurveTable({ points, quote }: { points: readonly CurvePoint[]; quote: string | null }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const inQuote = (name: string) => figures(quote === null ? name : `${name}, ${quote}`)
  return (
    <TableBeside label={t.equity}>
      {() => (
        <>
          <HeadRow
            columns={[
              t.time,
              t.side,
              t.arm,
              figures(t.quantity),
              inQuote(t.price),
              figures(t.fee),
              ...[t.profit, t.soFar].map(inQuote),
            ]}
          />
          <tbody>
            {points
              .slice(-ROWS_SHOWN)
              .toReversed()
              .map(({ fill, total }) => (
                <tr key={`${fill.venue} ${fill.fillId}`}>
                  <td>
                    <Moment ms={fill.ts} />
                  </td>
                  <td>{t[fill.side]}</td>
                  <td>{fill.arm}</td>
                  <td className="number">{f.decimal(fill.quantity)}</td>
                  <td className="number">{f.decimal(fill.price)}</td>
                  <td className="number">
                    {f.decimal(fill.fee)} {fill.feeAsset}
                  </td>
                  <td className="number">{f.money(fill.realized, true)}</td>
                  <td className="number">{f.money(total, true)}</td>
                </tr>
              ))}
          </tbody>
        </>
      )}
    </TableBeside>
  )
}
