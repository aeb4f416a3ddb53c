import { GATE_NAMES, type GateName, type RolloutPlan } from '../rollout/plan.ts'
import { addToTally, emptyTally, judgeWindow, tallyHistograms, type SliceFacts, type Tally } from '../rollout/slice.ts'
import { quantile } from '../stats/histogram.ts'
import type { ReportBand, ReportHour, ReportPeriod, ReportPoint } from './report.ts'

const HOUR_MS = 3_600_000
const POINT_MS = 300_000
const POINTS_MAX = 288

/** What is kept of the slices that were taken so far; its size does not grow with the scores. */
export interface PeriodSums {
  plan: RolloutPlan
  period: ReportPeriod
  stepMs: number
  slices: number
  due: number
  tally: Tally
  /** The slices that the newest verdict looks at. */
  window: SliceFacts[]
  bands: Record<GateName, Pick<ReportBand, 'goodMs' | 'warningMs' | 'criticalMs'>>
  hours: Map<number, number>
  points: ReportPoint[]
  open: Tally | null
}

export function createPeriodSums(plan: RolloutPlan, period: ReportPeriod): PeriodSums {
  const lengthMs = period.toMs - period.fromMs
  const none = () => ({ goodMs: 0, warningMs: 0, criticalMs: 0 })
  return {
    plan,
    period,
    stepMs: POINT_MS * Math.max(1, Math.ceil(lengthMs / (POINT_MS * POINTS_MAX))),
    slices: 0,
    due: 0,
    tally: emptyTally(period.fromMs),
    window: [],
    bands: Object.fromEntries(GATE_NAMES.map((gate) => [gate, none()])) as PeriodSums['bands'],
    hours: new Map(),
    points: [],
    open: null,
  }
}

/** From where slices must be given, so that the first verdicts see the whole of their window, ms. */
export function firstSliceMs({ sliceMs, windowSlices }: RolloutPlan, { fromMs }: ReportPeriod): number {
  return fromMs - (windowSlices - 1) * sliceMs
}

/** Takes a slice, in place; oldest first, from firstSliceMs on. */
export function addSlice(sums: PeriodSums, slice: SliceFacts): void {
  const { plan, period } = sums
  sums.window = [...sums.window, slice].filter(({ ts }) => ts > slice.ts - plan.windowSlices * plan.sliceMs)
  if (slice.ts < period.fromMs || slice.ts >= period.toMs) return
  sums.slices += 1
  sums.due += slice.due
  sums.tally = addToTally(sums.tally, slice, plan.sliceMs)
  addToBands(sums)
  const hourMs = Math.floor(slice.ts / HOUR_MS) * HOUR_MS
  sums.hours.set(hourMs, (sums.hours.get(hourMs) ?? 0) + slice.polls.ok)
  addToPoint(sums, slice)
}

/** As the gates judged it: each slice with the trailing ones of its window. */
function addToBands({ plan, window, bands }: PeriodSums): void {
  const judgements = judgeWindow(plan, window)
  for (const gate of GATE_NAMES) {
    const { verdict } = judgements[gate]
    if (verdict === 'O') bands[gate].goodMs += plan.sliceMs
    else if (verdict === 'W') bands[gate].warningMs += plan.sliceMs
    else if (verdict === 'B') bands[gate].criticalMs += plan.sliceMs
  }
}

function addToPoint(sums: PeriodSums, slice: SliceFacts): void {
  const { period, stepMs, plan } = sums
  const fromMs = slice.ts - ((slice.ts - period.fromMs) % stepMs)
  if (sums.open !== null && sums.open.fromMs !== fromMs) closePoint(sums)
  const tally = sums.open ?? { ...emptyTally(fromMs), toMs: fromMs }
  sums.open = { ...addToTally(tally, slice, plan.sliceMs), toMs: tally.toMs + plan.sliceMs }
}

function closePoint(sums: PeriodSums): void {
  if (sums.open === null) return
  const { fromMs, toMs } = sums.open
  sums.points.push({ fromMs, ...figuresOf(sums.open, toMs - fromMs) })
  sums.open = null
}

/** Of counts that cover so much time, ms. Null where there is no data. */
export function figuresOf(tally: Tally, coveredMs: number): Omit<ReportPoint, 'fromMs'> {
  const { latencyMs, confid } = tallyHistograms(tally)
  const { ok, error, timeout } = tally.polls
  const all = ok + error + timeout
  return {
    p95Ms: quantile(latencyMs, 0.95),
    stalenessMaxS: tally.stalenessMaxS,
    errorRatePercent: all === 0 ? null : (100 * (error + timeout)) / all,
    scoresPerMinute: coveredMs === 0 ? null : ok / (coveredMs / 60_000),
    confidMedian: quantile(confid, 0.5),
    deadLettersMax: tally.deadLettersMax,
  }
}

export interface Measured {
  slices: number
  slicesDue: number
  due: number
  /** Over the whole period, also the time that was not measured. */
  tally: Tally
  bands: ReportBand[]
  hours: ReportHour[]
  series: { stepMs: number; points: ReportPoint[] }
}

export function measuredOf(sums: PeriodSums): Measured {
  closePoint(sums)
  const { plan, period, slices, due, stepMs, points } = sums
  const lengthMs = period.toMs - period.fromMs
  return {
    slices,
    slicesDue: Math.round(lengthMs / plan.sliceMs),
    due,
    tally: { ...sums.tally, fromMs: period.fromMs, toMs: period.toMs },
    bands: GATE_NAMES.map((gate) => {
      const spent = sums.bands[gate]
      const { good, critical } = plan.gates[gate]
      const judgedMs = spent.goodMs + spent.warningMs + spent.criticalMs
      return { gate, good, critical, ...spent, noDataMs: lengthMs - judgedMs }
    }),
    hours: [...sums.hours].map(([fromMs, scores]) => ({ fromMs, scores })).toSorted((a, b) => a.fromMs - b.fromMs),
    series: { stepMs, points },
  }
}
