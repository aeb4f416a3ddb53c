import type { Point } from './series.ts'

/** Lines are drawn in a box of these units and stretched to the width of the reader's screen; all text is HTML, and keeps its size. */
const WIDTH = 1000
const HEIGHT = 100
/** No line has more points than the drawing has columns. */
const COLUMNS = 500
/** Below this, marks of time would touch on a telephone. */
const MARKS_MAX = 8
/** What the rollout came to is drawn on for a little, so that it can be seen. */
const BEYOND = 1.04

const MINUTE = 60_000
const MARK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10_080].map((minutes) => minutes * MINUTE)

/** The same for every drawing, so that a moment stands at the same place in all of them. */
export interface Axis {
  toMs: number
  /** Every so often a mark, ms. */
  stepMs: number
}

export interface Span {
  fromMs: number
  toMs: number
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export function axisOf(lastedMs: number): Axis {
  const toMs = Math.max(lastedMs, MINUTE) * BEYOND
  return { toMs, stepMs: MARK_STEPS.find((stepMs) => toMs / stepMs <= MARKS_MAX) ?? toMs / MARKS_MAX }
}

/** 0 to 1 of the width. */
const at = ({ toMs }: Axis, sinceMs: number): number => Math.min(1, Math.max(0, sinceMs / toMs))
const percent = (share: number): string => `${round(100 * share)}%`

export interface Chart {
  title: string
  points: readonly Point[]
  /** The two thresholds of a gate. */
  levels: { good: number; critical: number } | null
  /** Of several points in a column the worst is drawn. */
  worst: 'highest' | 'lowest'
  /** Values change at once and stay. */
  stepped: boolean
}

/** A line over time with its thresholds, and behind it when something was wrong. What is not known is a gap. */
export function lineChart(axis: Axis, chart: Chart, shades: readonly Span[], caption: string): string {
  const { title, points, levels, worst, stepped } = chart
  const range = rangeOf(chart)
  const down = (value: number) => 1 - (value - range.low) / (range.high - range.low)
  const y = (value: number) => round(HEIGHT * down(value))
  const lines = pathsOf(axis, worstByColumn(axis, points, worst), y, stepped)
  const names = levels === null ? [] : levelNames(levels)
  return [
    `<figure><figcaption>${escapeHtml(title)} <span>${escapeHtml(caption)}</span></figcaption><div class="plot">`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(`${title}: ${caption}`)}">`,
    ...shades.map(
      ({ fromMs, toMs }) =>
        `<rect class="shade" x="${x(axis, fromMs)}" y="0" width="${Math.max(1, round(x(axis, toMs) - x(axis, fromMs)))}" height="${HEIGHT}"/>`,
    ),
    ...marksOf(axis).map((markMs) => `<path class="grid" d="M${x(axis, markMs)} 0V${HEIGHT}"/>`),
    ...names.map(({ kind, value }) => `<path class="${kind}" d="M0 ${y(value)}H${WIDTH}"/>`),
    ...lines.map((path) => `<path class="line" d="${path}"/>`),
    '</svg>',
    ...names.map(
      ({ kind, value, side }) =>
        `<span class="level ${kind} ${side}" style="top:${percent(down(value))}" aria-hidden="true">${figure(value)}</span>`,
    ),
    ...(levels === null ? [`<span class="level below" style="top:0" aria-hidden="true">${figure(range.high)}</span>`] : []),
    '</div></figure>',
  ].join('\n')
}

export interface Bar extends Span {
  name: string
  kind: string
  label: string
}

/** Coloured stretches over time, in as many lanes as they need. */
export function bars(axis: Axis, title: string, lanes: readonly (readonly Bar[])[], description: string): string {
  const lane = (line: readonly Bar[]) =>
    `<div class="lane">${line
      .map(({ name, kind, label, fromMs, toMs }) => {
        const [from, to] = [at(axis, fromMs), at(axis, toMs)]
        return `<span class="${escapeHtml(kind)}" style="left:${percent(from)};width:${percent(to - from)}" title="${escapeHtml(name)}">${escapeHtml(label)}</span>`
      })
      .join('')}</div>`
  return [
    `<figure><figcaption>${escapeHtml(title)}</figcaption>`,
    `<div role="img" aria-label="${escapeHtml(`${title}: ${description}`)}">${lanes.map(lane).join('')}</div></figure>`,
  ].join('\n')
}

/** Bars that would touch go into lanes below each other. */
export function inLanes(axis: Axis, all: readonly Bar[]): Bar[][] {
  const leastMs = axis.toMs / 25
  const lanes: Bar[][] = []
  for (const bar of all) {
    const lane = lanes.find((line) => {
      const last = line.at(-1)
      return last === undefined || Math.max(last.toMs, last.fromMs + leastMs) <= bar.fromMs
    })
    if (lane === undefined) lanes.push([bar])
    else lane.push(bar)
  }
  return lanes
}

/** Hours, or minutes when it is all over soon. */
export function timeScale(axis: Axis, { hour, minute } = { hour: 'h', minute: 'min' }): string {
  const text = (ms: number) =>
    axis.stepMs >= 60 * MINUTE ? `${round(ms / (60 * MINUTE))} ${hour}` : `${round(ms / MINUTE)} ${minute}`
  const marks = marksOf(axis).map((ms) => `<span style="left:${percent(at(axis, ms))}">${text(ms)}</span>`)
  return `<div class="scale" aria-hidden="true">${marks.join('')}</div>`
}

function marksOf({ toMs, stepMs }: Axis): number[] {
  return Array.from({ length: Math.floor(toMs / stepMs) + 1 }, (_, mark) => mark * stepMs)
}

/** The label of the upper one stands above its line, of the lower one below: they never meet. */
function levelNames({ good, critical }: { good: number; critical: number }): { kind: string; value: number; side: string }[] {
  const side = (value: number, other: number) => (value > other ? 'above' : 'below')
  return [
    { kind: 'good', value: good, side: side(good, critical) },
    { kind: 'critical', value: critical, side: side(critical, good) },
  ]
}

/** From 0 where high is bad; where low is bad from a tenth below what there is, so that thresholds stand apart. */
function rangeOf({ points, levels, worst }: Chart): { low: number; high: number } {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  const all = [...values, ...(levels === null ? [] : [levels.good, levels.critical])]
  const highest = all.reduce((most, value) => Math.max(most, value), 0)
  if (worst === 'highest') return { low: 0, high: niceAbove(highest) }
  const lowest = all.reduce((least, value) => Math.min(least, value), highest)
  return { low: Math.max(0, Math.floor(10 * lowest - 0.5) / 10), high: Math.ceil(10 * highest + 0.5) / 10 }
}

function worstByColumn(axis: Axis, points: readonly Point[], worst: Chart['worst']): Point[] {
  const columns: Point[] = []
  let column = -1
  for (const point of points) {
    const now = Math.floor((COLUMNS * point.sinceMs) / axis.toMs)
    const last = columns.at(-1)
    if (now !== column || last === undefined || last.value === null || point.value === null) columns.push(point)
    else if (worst === 'highest' ? point.value > last.value : point.value < last.value) columns[columns.length - 1] = point
    column = now
  }
  return columns
}

function pathsOf(axis: Axis, points: readonly Point[], y: (value: number) => number, stepped: boolean): string[] {
  const paths: string[] = []
  let path = ''
  for (const { sinceMs, value } of points) {
    if (value === null) {
      if (path !== '') paths.push(path)
      path = ''
      continue
    }
    const now = x(axis, sinceMs)
    path += path === '' ? `M${now} ${y(value)}` : stepped ? `H${now}V${y(value)}` : `L${now} ${y(value)}`
  }
  return path === '' ? paths : [...paths, path]
}

const NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]

/** A round number above it, with some room. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return (NICE.find((factor) => factor * power >= 1.05 * value) ?? 12) * power
}

const round = (value: number): number => Math.round(value * 100) / 100
const x = (axis: Axis, sinceMs: number): number => round(WIDTH * at(axis, sinceMs))
/** As short as it may be: 1500, 0.833. */
export const figure = (value: number): string =>
  String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000)
