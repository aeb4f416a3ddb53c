import type { ScoredDecision } from '../calibration/label-stream.ts'
import type { Label } from '../calibration/labels.ts'
import { addOutcome, addScore, createPartSums, partFigures, PART_NAMES, type PartSums } from '../calibration/parts.ts'
import { mlBucket } from '../signal/decision.ts'
import type { Weights } from '../signal/model.ts'
import { wilsonInterval } from '../stats/intervals.ts'
import type { PartsBalance, Report, ReportParts } from './report.ts'

/** Shares of the loudest part up to which they are balanced, and beyond which one overrules the others. */
const BALANCED_MAX = 0.6
const DOMINANT_MAX = 0.8

/** What is kept of labels; its size does not grow with them. */
export interface LabelSums {
  weights: Weights
  buckets: Map<number, { labels: number; hits: number }>
  parts: PartSums
}

export function createLabelSums(weights: Weights): LabelSums {
  return { weights, buckets: new Map(), parts: createPartSums() }
}

/** Takes a label, in place. */
export function addLabel(sums: LabelSums, label: Label<ScoredDecision>): void {
  const bucket = mlBucket(label.confid)
  const { labels, hits } = sums.buckets.get(bucket) ?? { labels: 0, hits: 0 }
  sums.buckets.set(bucket, { labels: labels + 1, hits: hits + (label.hit ? 1 : 0) })
  addScore(sums.parts, sums.weights, label.parts)
  addOutcome(sums.parts, label.parts, label.direction * (label.netReturn + label.costRate))
}

export function labelFigures({ buckets, parts }: LabelSums): Pick<Report, 'calibration' | 'parts'> {
  const inOrder = [...buckets].toSorted(([a], [b]) => a - b)
  const sum = (of: (one: { labels: number; hits: number }) => number) => inOrder.reduce((all, [, one]) => all + of(one), 0)
  return {
    calibration: {
      labels: sum(({ labels }) => labels),
      hits: sum(({ hits }) => hits),
      buckets: inOrder.flatMap(([bucket, { labels, hits }]) => {
        const interval = wilsonInterval(hits, labels)
        return interval === null ? [] : [{ bucket, labels, hits, hitRate: hits / labels, ...interval }]
      }),
    },
    parts: partsOf(parts),
  }
}

function partsOf(sums: PartSums): ReportParts {
  const { labels, shares, withOutcome } = partFigures(sums)
  return { labels, shares, withOutcome, balance: shares === null ? null : partsBalance(shares) }
}

function partsBalance(shares: NonNullable<ReportParts['shares']>): PartsBalance {
  const loudest = Math.max(...PART_NAMES.map((name) => shares[name]))
  if (loudest <= BALANCED_MAX) return 'balanced'
  return loudest <= DOMINANT_MAX ? 'dominant' : 'overruling'
}
