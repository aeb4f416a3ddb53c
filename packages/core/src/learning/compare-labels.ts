import { counterOf } from '../calibration/counter.ts'
import type { Label } from '../calibration/labels.ts'
import { calibrationNull, reliabilityOf, type CalibrationNull, type Reliability } from '../calibration/reliability.ts'
import { mlBucket } from '../signal/decision.ts'
import { fuseParts } from '../signal/fuse.ts'
import type { Model } from '../signal/model.ts'
import { createRandom, randomInteger } from '../stats/random.ts'
import type { MaturedSample } from './learn-weeks.ts'

/** A mean over labels, with the 95 % interval of a bootstrap of whole weeks. */
export interface BlockMean {
  mean: number
  low: number
  high: number
}

export interface JudgedModel {
  reliability: Reliability
  /** What a calibrated model with as many labels would show. */
  calibrationNull: CalibrationNull
  /** Of acting on every label, in the direction of its score and after costs; share of the entry price. */
  netReturn: BlockMean
}

/** Two models on the same candles. */
export interface LabelComparison {
  labels: number
  fromTs: number
  toTs: number
  first: JudgedModel
  second: JudgedModel
  /** Log-loss of the first less that of the second: above 0 the second says better what will come. */
  gain: BlockMean
}

const WEEK_MS = 604_800_000
const BOOTSTRAP_RUNS = 2000

/** The label in the direction of the model's score, with its confidence; null for a score of 0, which has no direction. */
export function judgeSample(model: Model, sample: MaturedSample): Label | null {
  const { score, confid } = fuseParts(model, sample.parts)
  return score === 0 ? null : { ...(score > 0 ? sample.long : sample.short), confid }
}

/**
 * Judges two models, which may change over time, on samples that do not overlap within a symbol. Weeks are resampled whole, with all
 * their symbols: these move together, and their labels say less than their number. Null without labels that both judged.
 */
export function compareOnLabels(
  samples: readonly MaturedSample[],
  firstAt: (ts: number) => Model,
  secondAt: (ts: number) => Model,
  seed: number,
): LabelComparison | null {
  const pairs = samples.flatMap((sample) => {
    const [first, second] = [judgeSample(firstAt(sample.ts), sample), judgeSample(secondAt(sample.ts), sample)]
    return first === null || second === null ? [] : [{ first, second }]
  })
  const first = judged(
    pairs.map((pair) => pair.first),
    seed,
  )
  const second = judged(
    pairs.map((pair) => pair.second),
    seed,
  )
  if (first === null || second === null) return null
  const times = pairs.map((pair) => pair.first.ts)
  return {
    labels: pairs.length,
    fromTs: times.reduce((least, ts) => Math.min(least, ts), Number.POSITIVE_INFINITY),
    toTs: times.reduce((most, ts) => Math.max(most, ts), 0),
    first,
    second,
    gain: blockMean(
      times,
      pairs.map((pair) => logLoss(pair.first) - logLoss(pair.second)),
      seed,
    ),
  }
}

function judged(labels: readonly Label[], seed: number): JudgedModel | null {
  const reliability = reliabilityOf(labels.map((label) => ({ bucket: mlBucket(label.confid), counter: counterOf(label) })))
  if (reliability === null) return null
  const netReturn = blockMean(
    labels.map(({ ts }) => ts),
    labels.map((label) => label.netReturn),
    seed,
  )
  return { reliability, calibrationNull: calibrationNull(reliability, seed), netReturn }
}

function logLoss({ confid, hit }: Label): number {
  return -Math.log(hit ? confid : 1 - confid)
}

/** Percentile bootstrap over weeks (Künsch 1989, with blocks that do not overlap); the mean is over values, not over weeks. */
export function blockMean(times: readonly number[], values: readonly number[], seed: number): BlockMean {
  const weeks = new Map<number, { sum: number; count: number }>()
  for (const [at, ts] of times.entries()) {
    const week = Math.floor(ts / WEEK_MS)
    const block = weeks.get(week) ?? { sum: 0, count: 0 }
    weeks.set(week, { sum: block.sum + (values[at] ?? Number.NaN), count: block.count + 1 })
  }
  const blocks = [...weeks].sort(([a], [b]) => a - b).map(([, block]) => block)
  const random = createRandom(seed)
  const means = Array.from({ length: BOOTSTRAP_RUNS }, () =>
    meanOf(blocks.map(() => blocks[randomInteger(random, blocks.length)] ?? { sum: 0, count: 0 })),
  ).sort((a, b) => a - b)
  const at = (share: number) => means[Math.floor(share * (BOOTSTRAP_RUNS - 1))] ?? Number.NaN
  return { mean: meanOf(blocks), low: at(0.025), high: at(0.975) }
}

function meanOf(blocks: readonly { sum: number; count: number }[]): number {
  let [sum, count] = [0, 0]
  for (const block of blocks) {
    sum += block.sum
    count += block.count
  }
  return sum / count
}
