import { HeadRow, figures } from '../../components/head-row.tsx'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { WINDOWS, type Timeseries, type Window } from '@spark/contract/metrics'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { TableBeside } from '../../components/table-beside.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { useNow } from '../../live/now.ts'
import { queries } from '../../queries.ts'
import { SLO_SERIES, sloLimits, type SloLimits } from './slo-series.ts'

const SloCharts = lazy(async () => ({ default: (await import('./slo-charts.tsx')).SloCharts }))

/** p95, staleness and error rate with limits that do not move with the data. The window stands in the address. */
export function SloTimechart() {
  const { m } = useLanguage()
  const { overview: t } = m
  const { window = '1h' } = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const query = useQuery(queries.timeseries(window))
  const metrics = useQuery(queries.metrics).data
  const rollout = useQuery(queries.rollout).data
  const limits = sloLimits(rollout)
  return (
    <Panel
      title={t.slo}
      what={<SealedAge sealedAt={metrics?.sealed_at ?? null} />}
      className="min-h-[34rem]"
      actions={
        <label className="flex items-center gap-2 text-muted">
          {t.window}
          <select
            className="field"
            value={window}
            onChange={(event) => void navigate({ search: { window: event.target.value as Window }, replace: true })}
          >
            {WINDOWS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      }
    >
      <QueryView query={query} height="min-h-[27rem]">
        {(series) => (
          <>
            <Suspense fallback={<div className="min-h-[27rem]" />}>
              <SloCharts series={series} limits={limits} now={metrics ?? null} />
            </Suspense>
            {series.data.every((row) => SLO_SERIES.every(({ key }) => row[key] === null)) && (
              <p className="text-muted">{t.noSlices}</p>
            )}
            <SloTable series={series} limits={limits} />
          </>
        )}
      </QueryView>
    </Panel>
  )
}

/** Renewed each second, and nothing else of the charts with it. */
function SealedAge({ sealedAt }: { sealedAt: number | null }) {
  const { m, f } = useLanguage()
  const now = useNow()
  // One line: a second one would move the charts.
  return (
    <span className="block truncate">
      {sealedAt === null ? m.overview.sloWhat : m.overview.sealed(f.duration(now - sealedAt))}
    </span>
  )
}

const ROWS_SHOWN = 30

/** The same for those who do not see charts: the newest rows, with the limits in the head. */
function SloTable({ series, limits }: { series: Timeseries; limits: SloLimits }) {
  const { m, f } = useLanguage()
  return (
    <TableBeside label={m.overview.slo}>
      {() => (
        <>
          <HeadRow
            columns={[
              m.overview.time,
              ...SLO_SERIES.map(({ gate, unit }) => figures(`${m.common.gates[gate]} (≤ ${f.figure(limits[gate].good, unit)})`)),
            ]}
          />
          <tbody>
            {series.data
              .slice(-ROWS_SHOWN)
              .toReversed()
              .map((row) => (
                <tr key={row.ts}>
                  <td>{f.moment(row.ts)}</td>
                  {SLO_SERIES.map(({ key, unit }) => (
                    <td key={key} className="number">
                      {f.figure(row[key], unit)}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        </>
      )}
    </TableBeside>
  )
}
