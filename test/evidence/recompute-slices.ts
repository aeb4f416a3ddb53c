/** Edges of the stored histograms: a count stands for the values above the edge before it, up to its own. */
const LATENCY = [
  1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200, 300, 400, 500, 650, 800, 1000, 1250, 1500, 2000, 3000, 4500, 5000,
  7500, 10_000, 30_000, 60_000,
]
/** Steps of 0.025, and the numbers next below 0.45 and 0.55. */
const CONFIDENCE = [...Array.from({ length: 40 }, (_, at) => (at + 1) / 40), 0.45 - 2 ** -54, 0.55 - 2 ** -53].sort(
  (a, b) => a - b,
)
const SLICE = 30_000

export const GATES = ['p95', 'staleness', 'error_rate', 'score_rate', 'confid_median', 'dead_letters'] as const
type Gate = (typeof GATES)[number]

export interface Plan {
  gates: Record<string, { good: number; critical: number }>
  windowSlices: number
  minSamples: number
}

export interface SliceLine {
  sliceTs: number
  metric: string
  body: { values?: Record<string, number>; counts?: number[]; max?: number | null; last?: number }
}

export interface Slice {
  ts: number
  due: number
  ok: number
  failed: number
  clockSteps: number
  latency: number[]
  latencyMax: number
  confid: number[]
  confidMax: number
  staleness: number | null
  deadLetters: number | null
}

/** The rows of one slice; one process measures. */
export function sliceOf(rows: readonly SliceLine[]): Slice {
  const body = (metric: string) => rows.find((row) => row.metric === metric)?.body
  const { ok = 0, error = 0, timeout = 0, due = 0, clock_steps: clockSteps = 0 } = body('polls')?.values ?? {}
  return {
    ts: rows[0]?.sliceTs ?? 0,
    due,
    ok,
    failed: error + timeout,
    clockSteps,
    latency: body('poll_latency_ms')?.counts ?? [],
    latencyMax: body('poll_latency_ms')?.max ?? 0,
    confid: body('poll_confid')?.counts ?? [],
    confidMax: body('poll_confid')?.max ?? 0,
    staleness: body('staleness_s')?.last ?? null,
    deadLetters: body('dlq_size')?.last ?? null,
  }
}

/** Counts added up; staleness and dead letters are the highest. */
export function merge(slices: readonly Slice[]) {
  const sum = (of: (one: Slice) => number) => slices.reduce((total, one) => total + of(one), 0)
  const added = (of: (one: Slice) => number[], length: number) =>
    Array.from({ length }, (_, at) => sum((one) => of(one)[at] ?? 0))
  const highest = (of: (one: Slice) => number | null) => {
    const known = slices.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b))
  }
  const confid = added((one) => one.confid, CONFIDENCE.length + 1)
  return {
    due: sum((one) => one.due),
    ok: sum((one) => one.ok),
    failed: sum((one) => one.failed),
    latency: added((one) => one.latency, LATENCY.length + 1),
    latencyMax: highest((one) => one.latencyMax) ?? 0,
    confid,
    confidMax: highest((one) => one.confidMax) ?? 0,
    staleness: highest((one) => one.staleness),
    deadLetters: highest((one) => one.deadLetters),
    buckets: tenths(confid),
  }
}
type Merged = ReturnType<typeof merge>

/** By tenths of confidence; a value on a tenth counts below it. */
function tenths(confid: readonly number[]): { bucket: number; count: number }[] {
  return Array.from({ length: 10 }, (_, tenth) => ({
    bucket: tenth / 10,
    count: confid.reduce((total, count, at) => {
      const upper = CONFIDENCE[at] ?? 1
      return upper > tenth / 10 && (tenth === 9 || upper <= (tenth + 1) / 10) ? total + count : total
    }, 0),
  })).filter(({ count }) => count > 0)
}

export const p95Of = ({ latency, latencyMax }: Merged): number | null => quantile(LATENCY, latency, latencyMax, 0.95)
export const medianOf = ({ confid, confidMax }: Merged): number | null => quantile(CONFIDENCE, confid, confidMax, 0.5)

/** Of rank ceil(q · n), spread evenly within its bucket, whose end is the highest value when that is less. */
function quantile(edges: readonly number[], counts: readonly number[], max: number, q: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = Math.max(1, Math.ceil(q * total - 1e-6))
  let before = 0
  for (const [at, count] of counts.entries()) {
    if (before + count >= rank) {
      const upper = Math.min(edges[at] ?? max, max)
      const lower = edges[at - 1] ?? Math.min(0, upper)
      return Math.min(upper, lower + ((upper - lower) * (rank - before)) / count)
    }
    before += count
  }
  return null
}

export type Verdict = 'good' | 'warning' | 'critical' | 'none'

/** How each slice from `fromMs` on was judged, with those of the five minutes that end with it. */
export function judge(plan: Plan, slices: readonly Slice[], gate: Gate, fromMs: number): Verdict[] {
  return slices.flatMap((newest, at) => {
    if (newest.ts < fromMs) return []
    if (newest.clockSteps > 0) return ['none']
    const window = slices
      .slice(Math.max(0, at - plan.windowSlices + 1), at + 1)
      .filter(({ ts, clockSteps }) => ts > newest.ts - plan.windowSlices * SLICE && clockSteps === 0)
    return [verdictOf(plan, gate, figureOf(plan, gate, merge(window), newest))]
  })
}

/** Null: too little to say. Infinity: silence, which for staleness is the sign itself. */
function figureOf({ minSamples }: Plan, gate: Gate, window: Merged, newest: Slice): number | null {
  const { due, ok, failed } = window
  const count = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  const enough = (samples: number) => due > 0 && samples >= Math.min(minSamples, due / 2)
  if (gate === 'staleness') return newest.staleness ?? Number.POSITIVE_INFINITY
  if (gate === 'dead_letters') return newest.deadLetters
  if (gate === 'score_rate') return due === 0 ? null : ok / due
  if (gate === 'error_rate') return enough(ok + failed) ? (100 * failed) / (ok + failed) : null
  if (gate === 'p95') return enough(count(window.latency)) ? p95Of(window) : null
  return enough(count(window.confid)) ? medianOf(window) : null
}

function verdictOf({ gates }: Plan, gate: Gate, figure: number | null): Verdict {
  const { good = 0, critical = 0 } = gates[gate] ?? {}
  if (figure === null) return 'none'
  const isLowBad = gate === 'score_rate' || gate === 'confid_median'
  if (isLowBad ? figure < critical : figure > critical) return 'critical'
  return (isLowBad ? figure < good : figure > good) ? 'warning' : 'good'
}

export function band({ gates }: Plan, gate: Gate, verdicts: readonly Verdict[], lengthMs: number) {
  const ms = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length * SLICE
  const [goodMs, warningMs, criticalMs] = [ms('good'), ms('warning'), ms('critical')]
  return { ...gates[gate], goodMs, warningMs, criticalMs, noDataMs: lengthMs - goodMs - warningMs - criticalMs }
}
