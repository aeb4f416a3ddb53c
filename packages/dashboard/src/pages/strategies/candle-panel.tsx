import { HeadRow, figures } from '../../components/head-row.tsx'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo } from 'react'
import type { AnswerOf } from '@spark/contract/routes'
import type { FillView, StrategyView } from '@spark/contract/trading'
import { Moment } from '../../components/ago.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { TableBeside } from '../../components/table-beside.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { chartMarks, type ChartMark } from './chart-marks.ts'
import type { StrategyDecision } from './strategy-decision.ts'

const CandleChart = lazy(async () => ({ default: (await import('./candle-chart.tsx')).CandleChart }))

interface CandlePanelProps {
  strategy: Pick<StrategyView, 'symbol' | 'tf'>
  fills: readonly FillView[]
  decisions: readonly StrategyDecision[]
}

type Candles = AnswerOf<'candles'>['items']

/** The candles of a strategy's stream with what it decided and traded on them. */
export function CandlePanel({ strategy: { symbol, tf }, fills, decisions }: CandlePanelProps) {
  const { m } = useLanguage()
  const { trading: t } = m
  const query = useQuery(queries.candles({ symbol, tf }))
  return (
    <Panel title={t.candles} what={t.candlesWhat} className="min-h-[24rem]">
      <QueryView query={query} height="min-h-80">
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">{t.noCandles}</p>
          ) : (
            <Marked candles={items} fills={fills} decisions={decisions} name={`${symbol} ${tf}`} />
          )
        }
      </QueryView>
    </Panel>
  )
}

interface MarkedProps extends Pick<CandlePanelProps, 'fills' | 'decisions'> {
  candles: Candles
  name: string
}

function Marked({ candles, fills, decisions, name }: MarkedProps) {
  const { m, f } = useLanguage()
  const marks = useMemo(() => chartMarks(candles, decisions, fills), [candles, decisions, fills])
  const last = candles.at(-1)
  const label = `${m.trading.candles}: ${name}, ${last === undefined ? '' : `${f.full(last.ts)} ${f.number(last.c, 2)}`}`
  return (
    <>
      <Suspense fallback={<div className="min-h-80" />}>
        <CandleChart candles={candles} marks={marks} label={label} />
      </Suspense>
      <CandleTable candles={candles} marks={marks} />
    </>
  )
}

const ROWS_SHOWN = 60

function CandleTable({ candles, marks }: { candles: Candles; marks: readonly ChartMark[] }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const byCandle = Map.groupBy(marks, ({ ts }) => ts)
  const said = ({ kind, side, arm }: ChartMark) => `${arm} ${kind === 'decision' ? t.decided[side] : t.filled[side]}`
  return (
    <TableBeside label={t.candles}>
      {() => (
        <>
          <HeadRow columns={[t.time, ...[t.open, t.high, t.low, t.close].map(figures), t.here]} />
          <tbody>
            {candles
              .slice(-ROWS_SHOWN)
              .toReversed()
              .map(({ ts, o, h, l, c }) => (
                <tr key={ts}>
                  <td>
                    <Moment ms={ts} />
                  </td>
                  {[o, h, l, c].map((price, at) => (
                    <td key={['o', 'h', 'l', 'c'][at]} className="number">
                      {f.money(price)}
                    </td>
                  ))}
                  <td>{(byCandle.get(ts) ?? []).map(said).join('; ')}</td>
                </tr>
              ))}
          </tbody>
        </>
      )}
    </TableBeside>
  )
}
