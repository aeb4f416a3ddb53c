import type { Point } from './series.ts'

/** Every drawing shares this width, so that a moment stands at the same place in all of them. */
export const WIDTH = 960
const LEFT = 64
const RIGHT = 8
const HEIGHT = 96
const TOP = 8
/** No line has more points than the drawing has columns. */
const COLUMNS = 480

export interface Axis {
  toMs: number
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export function xAt({ toMs }: Axis, sinceMs: number): number {
  return LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(sinceMs, toMs)) / Math.max(1, toMs)
}

export interface Chart {
  title: string
  unit: string
  points: readonly Point[]
  /** Horizontal lines. */
  levels: readonly { value: number; kind: 'good' | 'critical' }[]
  /** Of several points in a column the worst is drawn. */
  worst: 'highest' | 'lowest'
  /** Values change at once and stay. */
  stepped?: true
}

/** A line over time with its thresholds, as SVG. What is not known is a gap. */
export function lineChart(axis: Axis, { title, unit, points, levels, worst, stepped }: Chart): string {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  const highest = Math.max(...values, ...levels.map(({ value }) => value), 0)
  const top = niceAbove(highest)
  const y = (value: number) => TOP + (HEIGHT - TOP - 4) * (1 - value / top)
  const columns = worstByColumn(axis, points, worst)
  const range =
    values.length === 0 ? 'nothing measured' : `${figure(Math.min(...values))} to ${figure(Math.max(...values))} ${unit}`
  return [
    `<figure><figcaption>${escapeHtml(title)} <span>${escapeHtml(range)}</span></figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${title}: ${range}`)}">`,
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0)}" y2="${y(0)}"/>`,
    ...levels.map(
      ({ value, kind }) =>
        `<line class="${kind}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(value))}" y2="${round(y(value))}"/>` +
        `<text class="${kind}" x="${LEFT - 6}" y="${round(y(value)) + 4}" text-anchor="end">${figure(value)}</text>`,
    ),
    ...pathsOf(axis, columns, y, stepped === true).map((path) => `<path class="line" d="${path}"/>`),
    '</svg></figure>',
  ].join('\n')
}

/** Coloured stretches over time, each with its name when there is room. */
export function band(
  axis: Axis,
  title: string,
  parts: readonly { name: string; kind: string; fromMs: number; toMs: number }[],
): string {
  return [
    `<figure><figcaption>${escapeHtml(title)}</figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} 26" role="img" aria-label="${escapeHtml(title)}">`,
    ...parts.map(({ name, kind, fromMs, toMs }) => {
      const x = xAt(axis, fromMs)
      const width = Math.max(2, xAt(axis, toMs) - x)
      const label =
        width > 7 * name.length ? `<text x="${round(x + width / 2)}" y="17" text-anchor="middle">${escapeHtml(name)}</text>` : ''
      return `<g class="band ${escapeHtml(kind)}"><rect x="${round(x)}" y="2" width="${round(width)}" height="22"><title>${escapeHtml(name)}</title></rect>${label}</g>`
    }),
    '</svg></figure>',
  ].join('\n')
}

/** Hours, or minutes when it is all over soon. */
export function timeScale(axis: Axis): string {
  const hours = axis.toMs / 3_600_000
  const stepMs = hours > 12 ? 4 * 3_600_000 : hours > 3 ? 3_600_000 : hours > 1 ? 900_000 : 300_000
  const marks: string[] = []
  for (let sinceMs = 0; sinceMs <= axis.toMs; sinceMs += stepMs) {
    const text = hours > 3 ? `${Math.round(sinceMs / 3_600_000)} h` : `${Math.round(sinceMs / 60_000)} min`
    marks.push(`<text x="${round(xAt(axis, sinceMs))}" y="14" text-anchor="middle">${text}</text>`)
  }
  return `<svg viewBox="0 0 ${WIDTH} 20" aria-hidden="true">${marks.join('')}</svg>`
}

function worstByColumn(axis: Axis, points: readonly Point[], worst: Chart['worst']): Point[] {
  const columns: Point[] = []
  let column = -1
  for (const point of points) {
    const at = Math.floor((COLUMNS * point.sinceMs) / Math.max(1, axis.toMs))
    const last = columns.at(-1)
    if (at !== column || last === undefined || last.value === null || point.value === null) columns.push(point)
    else if (worst === 'highest' ? point.value > last.value : point.value < last.value) columns[columns.length - 1] = point
    column = at
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
    const x = round(xAt(axis, sinceMs))
    path += path === '' ? `M${x} ${round(y(value))}` : stepped ? `H${x}V${round(y(value))}` : `L${x} ${round(y(value))}`
  }
  return path === '' ? paths : [...paths, path]
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power
}

const round = (value: number): number => Math.round(value * 10) / 10
const figure = (value: number): string => String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000)
