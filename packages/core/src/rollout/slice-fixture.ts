import { CONFIDENCE_EDGES, LATENCY_MS_EDGES, createHistogram, recordValue } from '../stats/histogram.ts'
import type { SloCounts } from './slo.ts'
import { sliceFacts, type SliceFacts } from './slice.ts'

/** A slice of `due` polls that were all scored alike. */
export function uniformSlice(
  ts: number,
  due: number,
  {
    latencyMs = 20,
    confid = 0.6,
    errors = 0,
    stalenessS = 2,
    deadLetters = 0,
  }: {
    latencyMs?: number
    confid?: number
    errors?: number
    stalenessS?: number | null
    deadLetters?: number | null
  } = {},
): SliceFacts {
  const latency = createHistogram(LATENCY_MS_EDGES)
  const confidence = createHistogram(CONFIDENCE_EDGES)
  if (due > 0) recordValue(latency, latencyMs, due)
  if (due > errors) recordValue(confidence, confid, due - errors)
  const counts: SloCounts = {
    due,
    clockSteps: 0,
    polls: { ok: due - errors, error: errors, timeout: 0 },
    latencyMs: latency,
    confid: confidence,
    stalenessS,
    dlqSize: deadLetters,
  }
  return sliceFacts(ts, counts)
}
