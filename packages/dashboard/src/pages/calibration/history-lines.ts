import type { AnswerOf } from '@spark/contract/routes'

export const WIDTH = 600
export const HEIGHT = 200
const EDGE = 4

interface HistoryLines {
  mean: string
  /** Between the bounds, as an area. */
  band: string
  zero: string
  /** Ends of the scale. */
  low: number
  high: number
}

/** The net return over time as paths of an SVG; null with fewer than two moments. Zero is always in it. */
export function historyLines(items: readonly AnswerOf<'calibrationHistory'>['items'][number][]): HistoryLines | null {
  const known = items.flatMap(({ at, netReturn }) => (netReturn === null ? [] : [{ at, ...netReturn }]))
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined || first.at === last.at) return null
  const low = Math.min(0, ...known.map((one) => one.low))
  const high = Math.max(0, ...known.map((one) => one.high))
  const x = (at: number) => (EDGE + ((at - first.at) / (last.at - first.at)) * (WIDTH - 2 * EDGE)).toFixed(1)
  const y = (value: number) => (EDGE + ((high - value) / (high - low)) * (HEIGHT - 2 * EDGE)).toFixed(1)
  const line = (points: readonly string[]) => `M${points.join('L')}`
  const points = (value: (one: (typeof known)[number]) => number) => known.map((one) => `${x(one.at)} ${y(value(one))}`)
  return {
    mean: line(points((one) => one.mean)),
    band: `${line([...points((one) => one.low), ...points((one) => one.high).toReversed()])}Z`,
    zero: `M${EDGE} ${y(0)}H${WIDTH - EDGE}`,
    low,
    high,
  }
}
