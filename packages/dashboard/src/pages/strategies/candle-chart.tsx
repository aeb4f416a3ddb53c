import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type SeriesMarkerShape,
  type UTCTimestamp,
} from 'lightweight-charts'
import { useEffect, useRef, useState } from 'react'
import { useLanguage } from '../../i18n/language.tsx'
import { onThemeChange, tokenColour } from '../../theme.ts'
import type { ChartMark } from './chart-marks.ts'

interface Candle {
  ts: number
  o: number
  h: number
  l: number
  c: number
}

interface CandleChartProps {
  candles: readonly Candle[]
  marks: readonly ChartMark[]
  label: string
}

/** Candles with what a strategy decided and traded. What a mark means is told by its shape and letters, not by its colour. */
export function CandleChart({ candles, marks, label }: CandleChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const { language, m } = useLanguage()
  const { marks: letters } = m.trading
  const [theme, setTheme] = useState(0)
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), [])
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const [surface, muted, line, text, ml] = ['surface', 'muted', 'line', 'text', 'ml'].map(tokenColour) as [
      string,
      string,
      string,
      string,
      string,
    ]
    const chart = createChart(element, {
      autoSize: true,
      // An inline style that the content security policy refuses; the credit stands below the title.
      layout: { attributionLogo: false, background: { color: surface }, textColor: muted },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      localization: { locale: language },
      timeScale: { timeVisible: true },
    })
    const series = chart.addSeries(CandlestickSeries, {
      upColor: surface,
      downColor: muted,
      borderColor: muted,
      borderUpColor: muted,
      borderDownColor: muted,
      wickColor: muted,
    })
    series.setData(candles.map(({ ts, o, h, l, c }) => ({ time: seconds(ts), open: o, high: h, low: l, close: c })))
    createSeriesMarkers(
      series,
      marks.map((mark) => {
        const words = mark.kind === 'fill' ? letters[mark.side] : mark.arm === 'ml' ? 'ml' : letters.baseline
        return { ...drawn(mark), text: words, color: mark.arm === 'ml' ? ml : text }
      }),
    )
    return () => chart.remove()
  }, [candles, marks, letters, language, theme])
  return <div ref={place} role="img" aria-label={label} className="h-80 w-full" />
}

function seconds(ms: number): UTCTimestamp {
  return Math.floor(ms / 1000) as UTCTimestamp
}

/** A decision stands on the side of the candle that it comes from, its fill on the other: the two are next to each other in time. */
function drawn({ ts, kind, side, arm }: ChartMark): {
  time: UTCTimestamp
  position: 'belowBar' | 'aboveBar'
  shape: SeriesMarkerShape
} {
  const buys = side === 'buy'
  const decided = kind === 'decision'
  const shape = decided ? (buys ? 'arrowUp' : 'arrowDown') : arm === 'ml' ? 'square' : 'circle'
  return { time: seconds(ts), position: buys === decided ? 'belowBar' : 'aboveBar', shape }
}
