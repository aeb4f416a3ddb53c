export const DAY_MS = 86_400_000
const DAYS_A_YEAR = 365

/** Profit and loss by UTC day, of all streams of an arm together. */
export type EquityDays = Map<number, number>

/** Adds what one stream earned on a day. */
export function addDay(days: EquityDays, day: number, earned: number): void {
  days.set(day, (days.get(day) ?? 0) + earned)
}

export interface EquityPoint {
  /** Start of the UTC day, ms. */
  ts: number
  /** Share of the capital of all streams, summed since the start. */
  equity: number
}

export interface EquityFigures {
  points: EquityPoint[]
  /** Of the capital of all streams. */
  netReturn: number
  /** Largest fall from a height, of the capital. */
  maxDrawdown: number
  /** Of daily returns, a year of 365 days; null when there are fewer than 30 days or nothing moved. */
  sharpe: number | null
}

const SHARPE_DAYS_MIN = 30

/** From `fromDay` up to and without `toDay`; days without a candle earned nothing. */
export function equityFigures(days: EquityDays, streams: number, fromDay: number, toDay: number): EquityFigures {
  const points: EquityPoint[] = []
  let [equity, height, maxDrawdown, squares] = [0, 0, 0, 0]
  for (let day = fromDay; day < toDay; day += 1) {
    const earned = (days.get(day) ?? 0) / Math.max(1, streams)
    equity += earned
    squares += earned * earned
    height = Math.max(height, equity)
    maxDrawdown = Math.max(maxDrawdown, height - equity)
    points.push({ ts: day * DAY_MS, equity })
  }
  const count = points.length
  const mean = equity / count
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean))
  const sharpe = count < SHARPE_DAYS_MIN || !(deviation > 0) ? null : (mean / deviation) * Math.sqrt(DAYS_A_YEAR)
  return { points, netReturn: equity, maxDrawdown, sharpe }
}
