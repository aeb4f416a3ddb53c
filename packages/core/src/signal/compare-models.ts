import { decide } from './decision.ts'
import { fuseParts, type SignalParts } from './fuse.ts'
import type { Model } from './model.ts'

export interface ModelComparison {
  rows: number
  /** Median confidence; null without rows. */
  confidMedian: { now: number | null; other: number | null }
  /** How many rows would be decided otherwise. */
  decisionsChanged: number
}

/** What another model would have made of the same parts, at the same floor. */
export function compareModels(now: Model, other: Model, parts: readonly SignalParts[], floor: number): ModelComparison {
  const fused = parts.map((one) => ({ now: fuseParts(now, one), other: fuseParts(other, one) }))
  return {
    rows: fused.length,
    confidMedian: { now: median(fused.map((one) => one.now.confid)), other: median(fused.map((one) => one.other.confid)) },
    decisionsChanged: fused.filter(
      (one) => decide(one.now.score, one.now.confid, floor) !== decide(one.other.score, one.other.confid, floor),
    ).length,
  }
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2
}
