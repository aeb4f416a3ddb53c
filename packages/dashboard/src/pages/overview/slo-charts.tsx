import '../../valid-language.ts'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Metrics, Timeseries } from '@spark/contract/metrics'
import { StateMark } from '../../components/state-mark.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { onThemeChange } from '../../theme.ts'
import { sloPlotOptions } from './slo-plot-options.ts'
import { scaleOf, sloState, windowSeconds, SLO_SERIES, type SloLimits } from './slo-series.ts'

interface SloChartsProps {
  series: Timeseries
  limits: SloLimits
  now: Metrics | null
}

/** Three charts one above the other over the same time; dragging across one zooms all, a double click shows the whole window again. */
export function SloCharts({ series, limits, now }: SloChartsProps) {
  const [zoom, setZoom] = useState<[number, number] | null>(null)
  const { m } = useLanguage()
  return (
    <div className="grid gap-1" data-window={series.window}>
      {SLO_SERIES.map((one) => (
        <SloChart
          key={one.key}
          one={one}
          series={series}
          limit={limits[one.gate]}
          now={now?.[one.key] ?? null}
          zoom={zoom}
          onZoom={setZoom}
        />
      ))}
      <button
        type="button"
        className={`justify-self-end text-xs text-accent underline ${zoom === null ? 'invisible' : ''}`}
        onClick={() => setZoom(null)}
      >
        {m.overview.zoomOut}
      </button>
    </div>
  )
}

interface SloChartProps {
  one: (typeof SLO_SERIES)[number]
  series: Timeseries
  limit: { good: number; critical: number }
  now: number | null
  zoom: [number, number] | null
  onZoom: (zoom: [number, number] | null) => void
}

const HEIGHT = 118

function SloChart({ one, series, limit, now, zoom, onZoom }: SloChartProps) {
  const { m, f } = useLanguage()
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [theme, setTheme] = useState(0)
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), [])
  const data = useMemo<uPlot.AlignedData>(
    () => [series.data.map(({ ts }) => ts / 1000), series.data.map((row) => row[one.key])],
    [series, one.key],
  )
  const { good, critical } = limit
  const { window } = series
  const describe = useDescribe(one, series, limit)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const made = new uPlot(
      sloPlotOptions({
        good,
        critical,
        width: element.clientWidth,
        height: HEIGHT,
        unit: one.unit,
        f,
        describe,
        windowS: windowSeconds(window),
        onZoom,
      }),
      [[], []],
      element,
    )
    plot.current = made
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
      plot.current = null
    }
    // Colours are read when it is made: it is made again for another theme.
  }, [good, critical, one.unit, f, describe, window, onZoom, theme])
  useEffect(() => {
    const made = plot.current
    if (made === null) return
    made.setData(data, false)
    const times = data[0]
    const to = times.at(-1) ?? 1
    const [from, until] = zoom ?? [to - windowSeconds(series.window), to]
    made.setScale('x', { min: from, max: until })
    made.setScale('y', scaleOf(critical))
  }, [data, series.window, zoom, critical, theme, f, good])
  const state = sloState(now, limit)
  const name = m.common.gates[one.gate]
  const limits = `${m.overview.warnLine} ${f.figure(good, one.unit)}, ${m.overview.criticalLine} ${f.figure(critical, one.unit)}`
  return (
    <figure className="min-w-0" data-series={one.key}>
      <figcaption className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">{name}</span>
        <span className="text-base font-semibold">{f.figure(now, one.unit)}</span>
        <StateMark state={state} />
        <span className="ms-auto text-xs text-muted">{limits}</span>
      </figcaption>
      <div
        ref={place}
        role="img"
        aria-label={`${name}: ${f.figure(now, one.unit)}. ${limits}`}
        className="h-[118px] w-full overflow-hidden"
      />
    </figure>
  )
}

/** What stands below the pointer. The same function while the data is renewed: a plot is made once. */
function useDescribe(
  one: SloChartProps['one'],
  series: Timeseries,
  { good, critical }: SloChartProps['limit'],
): (at: number) => string {
  const { m, f } = useLanguage()
  const rows = useRef(series.data)
  rows.current = series.data
  return useCallback(
    (at: number) => {
      const row = rows.current[at]
      if (row === undefined) return ''
      const value = row[one.key]
      const judged = m.common.states[sloState(value, { good, critical })]
      const perMinute = row.ml_score_per_min
      const scores = perMinute === null ? '' : `; ${m.overview.scoresPerMinute(f.number(perMinute, 1))}`
      return `${f.full(row.ts)}: ${f.figure(value, one.unit)}, ${judged}${scores}`
    },
    [one, good, critical, m, f],
  )
}
