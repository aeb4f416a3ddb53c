import '../../valid-language.ts'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useLanguage } from '../../i18n/language.tsx'
import { onThemeChange, tokenColour } from '../../theme.ts'
import type { CurvePoint } from './realized-curve.ts'

const HEIGHT = 180

/** A step at each fill: between two fills nothing is made real. */
export function EquityChart({ points, label }: { points: readonly CurvePoint[]; label: string }) {
  const place = useRef<HTMLDivElement>(null)
  const { f } = useLanguage()
  const [theme, setTheme] = useState(0)
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), [])
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const [text, line, muted] = ['text', 'line', 'muted'].map(tokenColour) as [string, string, string]
    const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui' }
    const steps = uPlot.paths.stepped?.({ align: 1 })
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        padding: [8, 18, 0, 0],
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        axes: [
          { ...axis, size: 22, space: 110, values: (_plot, times) => times.map((time) => f.moment(time * 1000)) },
          { ...axis, size: 64, values: (_plot, values) => values.map((value) => f.money(value)) },
        ],
        series: [{}, { stroke: text, width: 1.5, points: { show: false }, ...(steps !== undefined && { paths: steps }) }],
        hooks: { setCursor: [(plot) => (plot.over.title = titleOf(plot, f))] },
      },
      [points.map(({ fill }) => fill.ts / 1000), points.map(({ total }) => total)],
      element,
    )
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
    }
  }, [points, f, theme])
  return <div ref={place} role="img" aria-label={label} className="h-[180px] w-full overflow-hidden" />
}

function titleOf({ cursor: { idx }, data }: uPlot, f: ReturnType<typeof useLanguage>['f']): string {
  const [time, value] = idx === null || idx === undefined ? [] : [data[0][idx], data[1]?.[idx]]
  return time === undefined || value === undefined || value === null ? '' : `${f.full(time * 1000)}: ${f.money(value, true)}`
}
