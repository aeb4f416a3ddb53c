import { SEAL_DELAY_MS, SLICE_MS, emptySloCounts, type SloCounts } from '@spark/core/rollout/slo'
import { recordValue } from '@spark/core/stats/histogram'
import type { Clock } from '../clock.ts'
import { watchClockSteps } from '../clock-steps.ts'
import { SEALED_STEP_S, sliceOpenMs } from '../storage/metric-slice.ts'

/** How one scheduled poll ended. `confid` is null when the row was not scored. */
export interface PollOutcome {
  /** When it was due, wall ms: decides the slice it belongs to. */
  dueMs: number
  kind: 'ok' | 'error' | 'timeout'
  latencyMs: number
  confid: number | null
  /** Stable code of what failed; null when nothing did. */
  error: string | null
}

/** Outcomes that came after their slice was sealed, by how they ended, since the start. */
export type LateOutcomes = Readonly<Record<PollOutcome['kind'], number>>

export interface SealedSlice {
  /** Start of the slice, ms, a multiple of 30 s. */
  sliceTs: number
  counts: SloCounts
}

export interface Measure {
  /** A poll is due at this wall time, ms. */
  due(dueMs: number): void
  record(outcome: Omit<PollOutcome, 'error'>): void
  /** They are evidence, and judge nothing. */
  late(): LateOutcomes
  /** Stores what has ended. Resolves also when storage cannot be written. */
  stop(): Promise<void>
}

interface MeasureDeps {
  clock: Clock
  stalenessS: () => number | null
  dlqSize: () => number | null
  /** Resolves with false when a slice of this time was stored before. */
  seal: (slice: SealedSlice) => Promise<boolean>
  onLost: (slice: SealedSlice, error: unknown) => void
  /** Called at the end of a slice in which some came too late for their own. */
  onLate: (late: LateOutcomes) => void
}

/** Slices that wait to be stored while storage cannot be written; older ones are given up (15 minutes). */
const WAITING_MAX = 30

/**
 * Cuts the executor's own polls into 30 s slices, each sealed 5 s after its end and handed to `seal`. A slice that cannot
 * be stored now is tried again with the next one. Staleness is read when the slice ends.
 */
export function startMeasure(deps: MeasureDeps): Measure {
  const { clock } = deps
  const open = createOpenSlices()
  const queue = createSliceQueue(deps)
  const late = createLateCounts(deps.onLate)
  let stopped = false
  let currentTs = sliceOpenMs(clock.nowMs(), SEALED_STEP_S)
  let sealedTs = -1
  let cancelTimer = () => {}
  const stepped = watchClockSteps(clock)

  /** At each slice boundary: note the staleness, then seal after the delay. */
  function boundary(): void {
    if (stopped) return
    late.tell()
    const endedTs = currentTs
    const isStepped = stepped() !== 0
    currentTs = sliceOpenMs(clock.nowMs(), SEALED_STEP_S)
    if (currentTs <= endedTs) return wentBack()
    if (isStepped) open.counts(endedTs).clockSteps += 1
    Object.assign(open.counts(endedTs), { stalenessS: deps.stalenessS(), dlqSize: deps.dlqSize() })
    clock.after(SEAL_DELAY_MS, () => {
      sealOpen(endedTs)
      void queue.store()
    })
    arm()
  }

  /** The clock repeats its time: nothing can be said of what is open, and what comes is measured anew. */
  function wentBack(): void {
    open.clear()
    queue.dropFrom(currentTs)
    open.counts(currentTs).clockSteps += 1
    sealedTs = currentTs - SLICE_MS
    arm()
  }

  /** Seals what is open up to `lastTs`; what comes for it later is too late. */
  function sealOpen(lastTs: number): void {
    for (const slice of open.takeUpTo(lastTs)) {
      sealedTs = Math.max(sealedTs, slice.sliceTs)
      queue.push(slice)
    }
  }

  function arm(): void {
    cancelTimer = clock.after(Math.max(1, currentTs + SLICE_MS - clock.nowMs()), boundary)
  }

  arm()
  return {
    due(dueMs) {
      if (!stopped && sliceOpenMs(dueMs, SEALED_STEP_S) > sealedTs) open.counts(sliceOpenMs(dueMs, SEALED_STEP_S)).due += 1
    },
    record({ dueMs, kind, latencyMs, confid }) {
      // Late data is not judged again: neither after a stall nor while a clock that went back repeats its time.
      if (stopped) return
      const sliceTs = sliceOpenMs(dueMs, SEALED_STEP_S)
      if (sliceTs <= sealedTs) return late.add(kind)
      const counts = open.counts(sliceTs)
      counts.polls[kind] += 1
      recordValue(counts.latencyMs, latencyMs)
      if (confid !== null) recordValue(counts.confid, confid)
    },
    late: late.counts,
    async stop() {
      stopped = true
      cancelTimer()
      late.tell()
      // Ended slices need not wait out their delay: nothing comes any more. The open one is given up, or it would look whole.
      sealOpen(currentTs - SLICE_MS)
      await queue.store()
    },
  }
}

/** Told at the next call of `tell` after some were added. */
function createLateCounts(onLate: (late: LateOutcomes) => void) {
  const counts = { ok: 0, error: 0, timeout: 0 }
  let told = true
  return {
    counts: (): LateOutcomes => counts,
    add(kind: PollOutcome['kind']): void {
      counts[kind] += 1
      told = false
    },
    tell(): void {
      if (!told) onLate({ ...counts })
      told = true
    },
  }
}

/** Counts of slices that are not sealed yet, by the slice's start. */
function createOpenSlices() {
  const open = new Map<number, SloCounts>()
  return {
    counts(sliceTs: number): SloCounts {
      const counts = open.get(sliceTs) ?? emptySloCounts()
      open.set(sliceTs, counts)
      return counts
    },
    /** Removes and returns them, oldest first. */
    takeUpTo(lastTs: number): SealedSlice[] {
      const taken = [...open].filter(([sliceTs]) => sliceTs <= lastTs).sort(([a], [b]) => a - b)
      for (const [sliceTs] of taken) open.delete(sliceTs)
      return taken.map(([sliceTs, counts]) => ({ sliceTs, counts }))
    },
    clear: () => open.clear(),
  }
}

/** Sealed slices on their way to storage, in order; kept while it cannot be written. */
function createSliceQueue(deps: {
  seal: (slice: SealedSlice) => Promise<boolean>
  onLost: (slice: SealedSlice, error: unknown) => void
}): { push(slice: SealedSlice): void; dropFrom(sliceTs: number): void; store(): Promise<void> } {
  const waiting: SealedSlice[] = []
  let storing = false
  return {
    push: (slice) => void waiting.push(slice),
    dropFrom(sliceTs) {
      const kept = waiting.filter((slice) => slice.sliceTs < sliceTs)
      waiting.splice(0, waiting.length, ...kept)
    },
    async store() {
      if (storing) return
      storing = true
      for (let slice = waiting[0]; slice !== undefined; slice = waiting[0]) {
        try {
          const stored = await deps.seal(slice)
          waiting.shift()
          // The clock went back: this time was measured already, and a sealed slice never changes.
          if (!stored) deps.onLost(slice, new Error('a slice of this time is stored already; the clock went back'))
        } catch (error) {
          if (waiting.length <= WAITING_MAX) break
          waiting.shift()
          deps.onLost(slice, error)
        }
      }
      storing = false
    },
  }
}
