import type { ScoredDecision } from '../calibration/label-stream.ts'
import type { Label } from '../calibration/labels.ts'
import { streamName, type Stream } from '../market/candle.ts'
import type { LearningSample } from './weekly-update.ts'

/** A sample from one label, and when it was entered and over. */
export interface LabelSample extends LearningSample {
  readonly symbol: string
  readonly entryTs: number
  readonly exitTs: number
}

const EVEN = 1e-9

/**
 * What came of the other direction follows from a label whose barriers are equally far: its profit is the other's stop. Null for
 * uneven barriers, where it does not.
 */
export function sampleOfLabel(stream: Stream, label: Label<ScoredDecision>): LabelSample | null {
  const { ts, entryTs, exitTs, parts, direction, hit, profitDistance, stopDistance } = label
  if (Math.abs(profitDistance - stopDistance) > EVEN * stopDistance) return null
  const other = otherHit(label)
  const [longHit, shortHit] = direction === 1 ? [hit, other] : [other, hit]
  return { stream: streamName(stream), symbol: stream.symbol, ts, entryTs, exitTs, parts, longHit, shortHit }
}

function otherHit({ outcome, ambiguous, netReturn, costRate }: Label): boolean {
  if (outcome === 'expiry') return -(netReturn + costRate) - costRate > 0
  return outcome === 'stop' && !ambiguous
}
