import type uPlot from 'uplot'
import type { FigureUnit, Format } from '../../format/format.ts'
import { tokenColour } from '../../theme.ts'

interface PlotWish {
  good: number
  critical: number
  width: number
  height: number
  unit: FigureUnit
  f: Format
  /** Time, figure, judgement and counts of a row of the data. */
  describe: (at: number) => string
  /** Seconds from one side to the other: beyond two days the axis tells days. */
  windowS: number
  onZoom: (zoom: [number, number] | null) => void
}

const DAYS_FROM_S = 2 * 86_400

/** One series over time with its two limits: dashed for warning, solid for critical, drawn over whatever the data does. */
export function sloPlotOptions({ good, critical, width, height, unit, f, describe, windowS, onZoom }: PlotWish): uPlot.Options {
  const [text, line, muted, amber, red] = ['text', 'line', 'muted', 'amber-line', 'red-line'].map(tokenColour) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const tick = (ms: number) => (windowS > DAYS_FROM_S ? f.day(ms) : f.time(ms).slice(0, 5))
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui' }
  return {
    width,
    height,
    legend: { show: false },
    padding: [6, 18, 0, 0],
    cursor: { sync: { key: 'slo' }, y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      { ...axis, size: 22, space: 70, values: (_plot, times) => times.map((time) => tick(time * 1000)) },
      {
        ...axis,
        size: 58,
        splits: () => [0, good, critical],
        values: (_plot, values) => values.map((value) => f.figure(value, unit)),
      },
    ],
    series: [{}, { stroke: text, width: 1.5, spanGaps: false, points: { show: false } }],
    hooks: {
      drawAxes: [(plot) => drawLimit(plot, good, amber, [6, 4])],
      draw: [(plot) => drawLimit(plot, critical, red, [])],
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select
          if (selected < 4) return
          onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + selected, 'x')])
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
      setCursor: [(plot) => showValue(plot, describe)],
      ready: [(plot) => plot.over.addEventListener('dblclick', () => onZoom(null))],
    },
  }
}

function drawLimit(plot: uPlot, value: number, colour: string, dash: number[]): void {
  const { ctx, bbox } = plot
  const y = Math.round(plot.valToPos(value, 'y', true))
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio))
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}

/** The slice below the pointer, as the title of the chart. */
function showValue(plot: uPlot, describe: PlotWish['describe']): void {
  const { idx } = plot.cursor
  plot.over.title = idx === null || idx === undefined ? '' : describe(idx)
}
