import {
  CONFIDENCE_EDGES,
  LATENCY_MS_EDGES,
  countAbove,
  createHistogram,
  quantile,
  totalCount,
  type Histogram,
} from '../stats/histogram.ts'
import type { SloCounts } from './slo.ts'
import { GATE_NAMES, higherIsWorse, type GateName, type RolloutPlan } from './plan.ts'

/** Bucket and count of what is not 0: a slice has few of them, and its text goes into the audit. */
export interface SparseCounts {
  counts: readonly (readonly [bucket: number, count: number])[]
  max: number | null
}

/** What a gate may know of one slice. Only polls of the executor itself are in it. */
export interface SliceFacts {
  /** Start, ms. */
  ts: number
  /** Polls that were due by the schedule. */
  due: number
  polls: SloCounts['polls']
  latencyMs: SparseCounts
  confid: SparseCounts
  /** Of the worst stream in use at the end of the slice; null: not known, which is itself the sign. */
  stalenessS: number | null
  deadLetters: number | null
  /** The market was closed: nothing is judged. */
  closed?: true
  /** The wall clock stepped against the monotonic one: nothing can be said of it. */
  unclocked?: true
}

/** O good, W warning, B critical, N no data, D the controller was down, X excluded. */
export type Verdict = 'O' | 'W' | 'B' | 'N' | 'D' | 'X'

export interface Judgement {
  verdict: Verdict
  /** What was compared, in the gate's unit; null: no data. */
  value: number | null
  /** More than the fast factor beyond critical. */
  fast: boolean
  /** Bad events in the newest slice, for the fast breach. */
  badEvents: number
}

export type Judgements = Readonly<Record<GateName, Judgement>>

/** Slices of measurement as facts for the gates. */
export function sliceFacts(ts: number, counts: SloCounts): SliceFacts {
  return {
    ts,
    due: counts.due,
    polls: { ...counts.polls },
    latencyMs: sparse(counts.latencyMs),
    confid: sparse(counts.confid),
    stalenessS: counts.stalenessS,
    deadLetters: counts.dlqSize,
    ...(counts.clockSteps > 0 && { unclocked: true as const }),
  }
}

interface Window {
  plan: RolloutPlan
  newest: SliceFacts
  due: number
  polls: { ok: number; failed: number; all: number }
  latencyMs: Histogram
  confid: Histogram
}

/** The verdicts of the newest of these slices (oldest first, at most `windowSlices`), from all of them. */
export function judgeWindow(plan: RolloutPlan, slices: readonly SliceFacts[]): Judgements {
  const newest = slices.at(-1)
  if (newest === undefined) throw new RangeError('no slice to judge')
  const used = slices.filter(({ closed, unclocked }) => closed === undefined && unclocked === undefined)
  const window: Window = {
    plan,
    newest,
    due: used.reduce((sum, { due }) => sum + due, 0),
    polls: used.reduce(
      ({ ok, failed, all }, { polls }) => ({
        ok: ok + polls.ok,
        failed: failed + polls.error + polls.timeout,
        all: all + polls.ok + polls.error + polls.timeout,
      }),
      { ok: 0, failed: 0, all: 0 },
    ),
    latencyMs: merged(used, LATENCY_MS_EDGES, ({ latencyMs }) => latencyMs),
    confid: merged(used, CONFIDENCE_EDGES, ({ confid }) => confid),
  }
  return Object.fromEntries(GATE_NAMES.map((gate) => [gate, judged(window, gate)])) as Record<GateName, Judgement>
}

function judged(window: Window, gate: GateName): Judgement {
  const { newest, plan } = window
  const none = (verdict: Verdict): Judgement => ({ verdict, value: null, fast: false, badEvents: 0 })
  if (newest.closed === true) return none('X')
  if (newest.unclocked === true) return none('N')
  const { good, critical } = plan.gates[gate]
  const measured = measure(window, gate)
  if (measured === 'none') return none('N')
  // For staleness its absence is itself the sign.
  if (measured === 'absent') return { ...none('B'), badEvents: 1 }
  const beyond = (limit: number) => (higherIsWorse(gate) ? measured > limit : measured < limit)
  const verdict = beyond(critical) ? 'B' : beyond(good) ? 'W' : 'O'
  const fast = isFastGate(gate) && measured > plan.fastFactor * critical
  return { verdict, value: measured, fast, badEvents: badEventsOf(newest, gate, critical) }
}

const isFastGate = (gate: GateName): boolean => gate === 'p95' || gate === 'staleness' || gate === 'error_rate'

/** `none`: too few samples. `absent`: nothing where there must be something. */
function measure({ plan, newest, due, polls, latencyMs, confid }: Window, gate: GateName): number | 'none' | 'absent' {
  const enough = (samples: number) => due > 0 && samples >= Math.min(plan.minSamples, due / 2)
  if (gate === 'staleness') return newest.stalenessS ?? 'absent'
  if (gate === 'dead_letters') return newest.deadLetters ?? 'none'
  if (gate === 'score_rate') return due === 0 ? 'none' : polls.ok / due
  if (gate === 'error_rate') return enough(polls.all) ? (100 * polls.failed) / polls.all : 'none'
  const histogram = gate === 'p95' ? latencyMs : confid
  return enough(totalCount(histogram)) ? (quantile(histogram, gate === 'p95' ? 0.95 : 0.5) ?? 'none') : 'none'
}

function badEventsOf(newest: SliceFacts, gate: GateName, critical: number): number {
  if (gate === 'error_rate') return newest.polls.error + newest.polls.timeout
  if (gate === 'staleness') return newest.stalenessS === null || newest.stalenessS > critical ? 1 : 0
  return gate === 'p95'
    ? countAbove(
        merged([newest], LATENCY_MS_EDGES, ({ latencyMs }) => latencyMs),
        edgeFor(critical),
      )
    : 0
}

/** The largest edge up to the level: a plan of one's own may name a level that is no edge. */
function edgeFor(level: number): number {
  return LATENCY_MS_EDGES.findLast((edge) => edge <= level) ?? LATENCY_MS_EDGES[0] ?? 0
}

function sparse({ counts, max }: Histogram): SparseCounts {
  return { counts: counts.flatMap((count, bucket) => (count === 0 ? [] : [[bucket, count] as const])), max }
}

function merged(slices: readonly SliceFacts[], edges: readonly number[], of: (slice: SliceFacts) => SparseCounts): Histogram {
  const histogram = createHistogram(edges)
  for (const slice of slices) {
    const { counts, max } = of(slice)
    for (const [bucket, count] of counts) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + count
    if (max !== null && (histogram.max === null || max > histogram.max)) histogram.max = max
  }
  return histogram
}

/** What one step measured in all, for the criteria of success. */
export interface Tally {
  fromMs: number
  toMs: number
  polls: SloCounts['polls']
  latencyMs: SparseCounts
  confid: SparseCounts
  stalenessMaxS: number | null
  deadLettersMax: number | null
  /**
   * What of it was not known, ms. Absent: the rollout began before this was counted, and stays without it, so that its recorded
   * decisions come out again byte for byte.
   */
  unknown?: Unknown
}

interface Unknown {
  /** A slice without the value, or one that never came. */
  stalenessMs: number
  deadLettersMs: number
  /** The same in slices of the time in which the controller was down, which measures where it runs: it is to blame, and not what it watches. */
  unwatchedMs: number
  /** The newest such time. */
  downFromMs: number
  downToMs: number
}

const ALL_KNOWN: Unknown = { stalenessMs: 0, deadLettersMs: 0, unwatchedMs: 0, downFromMs: 0, downToMs: 0 }

export function emptyTally(fromMs: number): Tally {
  return { ...uncounted(fromMs), unknown: ALL_KNOWN }
}

/** Of the step after this one: it counts what is not known if this one does. */
export function nextTally({ unknown }: Tally, fromMs: number): Tally {
  if (unknown === undefined) return uncounted(fromMs)
  const { downFromMs, downToMs } = unknown
  return { ...uncounted(fromMs), unknown: { ...ALL_KNOWN, downFromMs, downToMs } }
}

function uncounted(fromMs: number): Tally {
  const none: SparseCounts = { counts: [], max: null }
  return {
    fromMs,
    toMs: fromMs,
    polls: { ok: 0, error: 0, timeout: 0 },
    latencyMs: none,
    confid: none,
    stalenessMaxS: null,
    deadLettersMax: null,
  }
}

/** The controller was down between these. */
export function addDowntime(tally: Tally, downFromMs: number, downToMs: number): Tally {
  return tally.unknown === undefined ? tally : { ...tally, unknown: { ...tally.unknown, downFromMs, downToMs } }
}

/** A time of which no slice came. */
export function addHole(tally: Tally, fromMs: number, toMs: number): Tally {
  return withUnknown(tally, { fromMs, toMs }, { staleness: true, deadLetters: true })
}

function withUnknown(
  tally: Tally,
  { fromMs, toMs }: Pick<Tally, 'fromMs' | 'toMs'>,
  lacks: { staleness: boolean; deadLetters: boolean },
): Tally {
  const { unknown } = tally
  if (unknown === undefined || !(lacks.staleness || lacks.deadLetters)) return tally
  const lengthMs = toMs - fromMs
  const isDown = fromMs < unknown.downToMs && toMs > unknown.downFromMs
  return {
    ...tally,
    unknown: {
      ...unknown,
      stalenessMs: unknown.stalenessMs + (lacks.staleness && !isDown ? lengthMs : 0),
      deadLettersMs: unknown.deadLettersMs + (lacks.deadLetters && !isDown ? lengthMs : 0),
      unwatchedMs: unknown.unwatchedMs + (isDown ? lengthMs : 0),
    },
  }
}

/** What is not known of a slice that came, as its gates see it; while the market is closed nothing has to be. */
function lacksOf({ closed, unclocked, stalenessS, deadLetters }: SliceFacts): { staleness: boolean; deadLetters: boolean } {
  const lacks = (value: number | null) => closed === undefined && (unclocked === true || value === null)
  return { staleness: lacks(stalenessS), deadLetters: lacks(deadLetters) }
}

export function addToTally(tally: Tally, slice: SliceFacts, sliceMs: number): Tally {
  const max = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))
  const { polls } = slice
  return {
    ...withUnknown(tally, { fromMs: slice.ts, toMs: slice.ts + sliceMs }, lacksOf(slice)),
    toMs: slice.ts + sliceMs,
    polls: {
      ok: tally.polls.ok + polls.ok,
      error: tally.polls.error + polls.error,
      timeout: tally.polls.timeout + polls.timeout,
    },
    latencyMs: addSparse(tally.latencyMs, slice.latencyMs),
    confid: addSparse(tally.confid, slice.confid),
    stalenessMaxS: max(tally.stalenessMaxS, slice.stalenessS),
    deadLettersMax: max(tally.deadLettersMax, slice.deadLetters),
  }
}

function addSparse(a: SparseCounts, b: SparseCounts): SparseCounts {
  if (b.counts.length === 0) return a
  const sums = new Map(a.counts)
  for (const [bucket, count] of b.counts) sums.set(bucket, (sums.get(bucket) ?? 0) + count)
  const max = a.max === null ? b.max : b.max === null ? a.max : Math.max(a.max, b.max)
  return { counts: [...sums].sort(([x], [y]) => x - y), max }
}

/** The whole histograms of sparse counts. */
export function tallyHistograms({ latencyMs, confid }: Pick<Tally, 'latencyMs' | 'confid'>): {
  latencyMs: Histogram
  confid: Histogram
} {
  const facts = { latencyMs, confid } as SliceFacts
  return {
    latencyMs: merged([facts], LATENCY_MS_EDGES, (slice) => slice.latencyMs),
    confid: merged([facts], CONFIDENCE_EDGES, (slice) => slice.confid),
  }
}
