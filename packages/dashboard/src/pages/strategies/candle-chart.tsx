import { CandlestickSeries, createChart, createSeriesMarkers, type SeriesMarker, type UTCTimestamp } from 'lightweight-charts'
import { useEffect, useRef, useState } from 'react'
import type { FillView } from '@spark/contract/trading'
import { useLanguage } from '../../i18n/language.tsx'
import { onThemeChange, tokenColour } from '../../theme.ts'

interface Candle {
  ts: number
  o: number
  h: number
  l: number
  c: number
}

interface CandleChartProps {
  candles: readonly Candle[]
  fills: readonly FillView[]
  name: string
}

/** Candles with the fills of a strategy: a square is ml, a circle baseline, and B or S says the side. */
export function CandleChart({ candles, fills, name }: CandleChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const { language, m, f } = useLanguage()
  const [theme, setTheme] = useState(0)
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), [])
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const [surface, text, line, muted, red] = ['surface', 'muted', 'line', 'muted', 'text'].map(tokenColour)
    const chart = createChart(element, {
      autoSize: true,
      // An inline style that the content security policy refuses; the credit stands below the title.
      layout: { attributionLogo: false, background: { color: surface ?? '' }, textColor: text ?? '' },
      grid: { vertLines: { color: line ?? '' }, horzLines: { color: line ?? '' } },
      localization: { locale: language },
      timeScale: { timeVisible: true },
    })
    const colours = { upColor: surface, downColor: muted, borderColor: muted, wickColor: muted }
    const series = chart.addSeries(CandlestickSeries, {
      ...colours,
      borderUpColor: muted ?? '',
      borderDownColor: muted ?? '',
    } as object)
    series.setData(candles.map(({ ts, o, h, l, c }) => ({ time: seconds(ts), open: o, high: h, low: l, close: c })))
    const first = candles[0]?.ts ?? 0
    createSeriesMarkers(
      series,
      fills
        .filter(({ ts }) => ts >= first)
        .map((fill) => markOf(fill, candles, red ?? ''))
        .toSorted((a, b) => Number(a.time) - Number(b.time)),
    )
    return () => chart.remove()
  }, [candles, fills, language, theme])
  const last = candles.at(-1)
  const label = `${m.trading.candles}: ${name}, ${last === undefined ? '' : `${f.full(last.ts)} ${f.number(last.c, 2)}`}`
  return <div ref={place} role="img" aria-label={label} className="h-80 w-full" />
}

function seconds(ms: number): UTCTimestamp {
  return Math.floor(ms / 1000) as UTCTimestamp
}

function markOf({ ts, arm, side }: FillView, candles: readonly Candle[], color: string): SeriesMarker<UTCTimestamp> {
  const candle = candles.findLast((one) => one.ts <= ts)
  return {
    time: seconds(candle?.ts ?? ts),
    position: side === 'buy' ? 'belowBar' : 'aboveBar',
    shape: arm === 'ml' ? 'square' : 'circle',
    color,
    text: side === 'buy' ? 'B' : 'S',
  }
}
