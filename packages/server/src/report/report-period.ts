import type { ReportAsk } from '@spark/contract/report'
import { dayText } from '@spark/contract/time'
import type { ReportPeriod } from '@spark/core/report/report'
import { SEAL_DELAY_MS, SLICE_MS } from '@spark/core/rollout/slo'
import type { StoredRollout } from '../storage/rollout-store.ts'

const DAY_MS = 86_400_000
/** A phase may last as long as it will: of a longer one the end is told. */
const ROLLOUT_MAX_MS = 8 * DAY_MS

export interface NamedPeriod {
  /** The same for the same period: it is reported once. */
  id: string
  period: ReportPeriod
}

/** The last day in UTC that is over. */
export function lastDay(nowMs: number): NamedPeriod {
  return dayFrom(Math.floor(nowMs / DAY_MS) * DAY_MS - DAY_MS)
}

/** The period that was asked for, or why there is none. `rollout`: the one that was named, null when it is not there. */
export function periodOf(
  { kind, day }: ReportAsk,
  rollout: StoredRollout | null,
  nowMs: number,
): NamedPeriod | { problem: string } {
  // What is sealed by now.
  const endMs = Math.floor((nowMs - SEAL_DELAY_MS) / SLICE_MS) * SLICE_MS
  if (kind === 'last') return { id: `last-${stamp(endMs)}`, period: { kind, fromMs: endMs - DAY_MS, toMs: endMs } }
  if (kind === 'rollout') return rollout === null ? { problem: 'there is no such rollout' } : phaseOf(rollout, endMs)
  const fromMs = day === undefined ? lastDay(nowMs).period.fromMs : Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(fromMs) || dayText(fromMs) !== (day ?? dayText(fromMs))) return { problem: `${day} is no day` }
  return fromMs + DAY_MS > endMs ? { problem: `the day ${dayText(fromMs)} is not over yet` } : dayFrom(fromMs)
}

function dayFrom(fromMs: number): NamedPeriod {
  return { id: `day-${dayText(fromMs)}`, period: { kind: 'day', fromMs, toMs: fromMs + DAY_MS } }
}

/** The phase that it is in, or that it ended in. */
function phaseOf({ id, state }: StoredRollout, endMs: number): NamedPeriod | { problem: string } {
  const toMs = Math.min(endMs, state.endedMs === null ? endMs : Math.ceil(state.endedMs / SLICE_MS) * SLICE_MS)
  const fromMs = Math.max(Math.floor(state.stepStartedMs / SLICE_MS) * SLICE_MS, toMs - ROLLOUT_MAX_MS)
  if (toMs <= fromMs) return { problem: `nothing of the phase of ${id} is measured yet` }
  return { id: `${id}-${stamp(fromMs)}-${stamp(toMs)}`, period: { kind: 'rollout', fromMs, toMs } }
}

/** `20260131T104500Z`, which may stand in a file name. */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}
