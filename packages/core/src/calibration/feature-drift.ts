import type { SignalParts } from '../signal/fuse.ts'
import { createRandom, randomUniform } from '../stats/random.ts'
import { addToBins, DRIFT_MIN, emptyBins, stabilityIndex, trainingBins, type Drift } from './drift.ts'

/** What is compared: the parts of the signal, and how much the price moves (ATR by price). */
export const DRIFT_FEATURES = ['rsi', 'macd', 'trend', 'volatility'] as const
export type DriftFeature = (typeof DRIFT_FEATURES)[number]

/** The features of a candle that was decided on. */
export interface FeatureSample extends SignalParts {
  readonly ts: number
  readonly volatility: number
}

/** Of a feature in the time that is compared with. Plain JSON. */
export interface ReferenceFeature {
  readonly edges: readonly number[]
  /** How often values fell between the edges, by block of time. */
  readonly blocks: readonly (readonly number[])[]
}

export type ReferenceFeatures = Record<DriftFeature, ReferenceFeature>

const DAY_MS = 86_400_000
/** The time that is looked at. */
export const DRIFT_WINDOW_MS = 7 * DAY_MS
/** What happens within a block is one story: ema_50 remembers about half as long. */
const BLOCK_CANDLES = 100
/** Fewer blocks do not tell how much they differ when nothing changes. */
const BLOCKS_MIN = 13
/** The first weeks stand for the training window of a model that was not trained. */
const FIRST_DAYS = 56
/** Fewer values are not compared. */
const SAMPLES_MIN = 50

const NULL_RUNS = 1000

/** Length of a block, ms: at least a day, because days repeat themselves. */
export function driftBlockMs(longestCandleMs: number): number {
  return Math.min(DRIFT_WINDOW_MS, Math.max(DAY_MS, BLOCK_CANDLES * longestCandleMs))
}

/** How long the reference of a model is that was not trained, ms. */
export function firstDaysMs(blockMs: number): number {
  return Math.max(FIRST_DAYS * DAY_MS, BLOCKS_MIN * blockMs)
}

/** Null while there are too few values, or too few blocks. */
export function referenceOf(samples: readonly FeatureSample[], blockMs: number): ReferenceFeatures | null {
  const blocks = [...Map.groupBy(samples, ({ ts }) => Math.floor(ts / blockMs)).values()]
  if (samples.length < SAMPLES_MIN || blocks.length < BLOCKS_MIN) return null
  return byFeature((feature) => {
    const { edges } = trainingBins(samples.map((sample) => sample[feature]))
    return { edges, blocks: blocks.map((block) => countsOf(edges, block, feature)) }
  })
}

export interface FeatureDrift extends Drift {
  feature: DriftFeature
}

/**
 * How far each feature has moved from the reference; empty with too few values. Values of neighbouring candles, and of assets at
 * one time, are alike: the threshold comes from blocks of the reference drawn whole (Künsch 1989), or every week would be a drift.
 */
export function featureDrifts(reference: ReferenceFeatures, samples: readonly FeatureSample[], seed: number): FeatureDrift[] {
  if (samples.length < SAMPLES_MIN) return []
  return DRIFT_FEATURES.flatMap((feature) => {
    const { edges, blocks } = reference[feature]
    const index = stabilityIndex(sumOf(blocks), countsOf(edges, samples, feature))
    if (index === null) return []
    const threshold = Math.max(DRIFT_MIN, nullPercentile(blocks, samples.length, seed))
    return [{ feature, values: samples.length, index, threshold, drifted: index > threshold }]
  })
}

/** The index that 99 of 100 pairs of samples of these sizes stay below when both are drawn from the blocks. */
function nullPercentile(blocks: readonly (readonly number[])[], valuesNow: number, seed: number): number {
  const random = createRandom(seed)
  const blocksNow = Math.max(1, Math.floor((valuesNow * blocks.length) / total(sumOf(blocks))))
  const drawn = () => blocks[Math.min(blocks.length - 1, Math.floor(randomUniform(random) * blocks.length))] ?? []
  const indices = Array.from({ length: NULL_RUNS }, () => {
    const now = Array.from({ length: blocksNow }, drawn)
    return stabilityIndex(sumOf(blocks.map(drawn)), sumOf(now)) ?? 0
  }).toSorted((a, b) => a - b)
  return indices[Math.ceil(0.99 * NULL_RUNS) - 1] ?? 0
}

function countsOf(edges: readonly number[], samples: readonly FeatureSample[], feature: DriftFeature): number[] {
  const bins = emptyBins(edges)
  for (const sample of samples) addToBins(bins, sample[feature])
  return bins.counts
}

/** By bin, over blocks. */
function sumOf(blocks: readonly (readonly number[])[]): number[] {
  return (blocks[0] ?? []).map((_, bin) => blocks.reduce((sum, counts) => sum + (counts[bin] ?? 0), 0))
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

function byFeature<T>(value: (name: DriftFeature) => T): Record<DriftFeature, T> {
  return { rsi: value('rsi'), macd: value('macd'), trend: value('trend'), volatility: value('volatility') }
}
