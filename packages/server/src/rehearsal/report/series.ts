import type { GateName } from '@spark/core/rollout/plan'
import type { TickInput } from '@spark/core/rollout/outcome'
import type { SliceFacts } from '@spark/core/rollout/slice'
import { figuresOf } from '../check/judge-slice.ts'
import type { Rehearsal } from '../rehearse.ts'

export interface Point {
  sinceMs: number
  value: number | null
}

export interface Series {
  gate: GateName
  /** Empty: a plain number, or a share. */
  unit: string
  points: readonly Point[]
  /** From the plan. */
  good: number
  critical: number
}

const UNITS: Record<GateName, string> = {
  p95: 'ms',
  staleness: 's',
  error_rate: '%',
  score_rate: '',
  confid_median: '',
  dead_letters: '',
}

/** What each gate looked at, slice by slice; the window is the plan's, as the gates see it. */
export function gateSeries({ rows, plan }: Pick<Rehearsal, 'rows' | 'plan'>): Series[] {
  const points = Object.fromEntries(Object.keys(UNITS).map((gate) => [gate, [] as Point[]])) as Record<GateName, Point[]>
  let window: SliceFacts[] = []
  for (const { context, sinceMs } of rows) {
    const input = context['input'] as TickInput | undefined
    for (const slice of input?.slices ?? []) {
      const endMs = sinceMs - ((input?.nowMs ?? 0) - slice.ts - plan.sliceMs)
      window = [...window, slice].filter(({ ts }) => ts > slice.ts - plan.windowSlices * plan.sliceMs && ts <= slice.ts)
      for (const [gate, value] of Object.entries(figuresOf(plan, window)))
        points[gate as GateName].push({ sinceMs: endMs, value })
    }
  }
  return (Object.keys(UNITS) as GateName[]).map((gate) => ({
    gate,
    unit: UNITS[gate],
    points: points[gate],
    good: plan.gates[gate].good,
    critical: plan.gates[gate].critical,
  }))
}

/** How many strategies act on ML, from each change on. */
export function exposureSeries({ exposures, lastedMs }: Pick<Rehearsal, 'exposures' | 'lastedMs'>): Point[] {
  const points: Point[] = [{ sinceMs: 0, value: 0 }]
  for (const { sinceMs, ids } of exposures)
    if (points.at(-1)?.value !== ids.length && sinceMs <= lastedMs) points.push({ sinceMs, value: ids.length })
  return [...points, { sinceMs: lastedMs, value: points.at(-1)?.value ?? 0 }]
}
