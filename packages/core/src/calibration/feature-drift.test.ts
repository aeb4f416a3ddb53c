import { describe, expect, it } from 'vitest'
import { createRandom, randomNormal } from '../stats/random.ts'
import { addToBins, driftOf, emptyBins, trainingBins } from './drift.ts'
import { driftBlockMs, DRIFT_FEATURES, featureDrifts, firstDaysMs, referenceOf, type FeatureSample } from './feature-drift.ts'

const HOUR = 3_600_000
const BLOCK = 100 * HOUR
const DAY = 24

/** Assets that move together (0.6 of the variance) and remember the hour before (0.95): what features of candles are like. */
function market(seed: number, hours: number, shift: (hour: number) => number = () => 0): FeatureSample[] {
  const random = createRandom(seed)
  const step = (before: number) => 0.95 * before + Math.sqrt(1 - 0.95 ** 2) * randomNormal(random)
  let common = randomNormal(random)
  const own = Array.from({ length: 6 }, () => randomNormal(random))
  return Array.from({ length: hours }, (_, hour) => {
    common = step(common)
    return own.map((before, asset) => {
      own[asset] = step(before)
      const value = Math.sqrt(0.6) * common + Math.sqrt(0.4) * (own[asset] ?? 0) + shift(hour)
      return { ts: hour * HOUR, rsi: value, macd: value, trend: value, volatility: Math.exp(value) }
    })
  }).flat()
}

const between = (samples: readonly FeatureSample[], fromHour: number, toHour: number) =>
  samples.filter(({ ts }) => ts >= fromHour * HOUR && ts < toHour * HOUR)

describe('features that stay as they are', () => {
  it('do not drift, though neighbouring values are alike; counted as independent most weeks would', () => {
    let [said, naive] = [0, 0]
    for (let seed = 1; seed <= 20; seed += 1) {
      const samples = market(seed, 63 * DAY)
      const [then, now] = [between(samples, 0, 56 * DAY), between(samples, 56 * DAY, 63 * DAY)]
      const reference = referenceOf(then, BLOCK)
      if (reference === null) throw new Error('no reference')
      if (featureDrifts(reference, now, 1)[0]?.drifted === true) said += 1
      const bins = trainingBins(then.map(({ rsi }) => rsi))
      const counted = emptyBins(bins.edges)
      for (const { rsi } of now) addToBins(counted, rsi)
      if (driftOf(bins, counted, 1)?.drifted === true) naive += 1
    }
    expect(said).toBeLessThanOrEqual(1)
    expect(naive).toBeGreaterThan(8)
  })
})

describe('features that move', () => {
  it('by three deviations are said to drift, each by its own index', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const samples = market(seed, 63 * DAY, (hour) => (hour >= 56 * DAY ? 3 : 0))
      const reference = referenceOf(between(samples, 0, 56 * DAY), BLOCK)
      const drifts = reference === null ? [] : featureDrifts(reference, between(samples, 56 * DAY, 63 * DAY), 1)
      expect(drifts.map(({ feature, drifted }) => [feature, drifted])).toEqual(DRIFT_FEATURES.map((name) => [name, true]))
    }
  })
})

describe('too little', () => {
  it('is no reference, and no drift', () => {
    const samples = market(1, 56 * DAY)
    expect(referenceOf(between(samples, 0, 1200), BLOCK)).toBeNull()
    expect(referenceOf([], BLOCK)).toBeNull()
    const reference = referenceOf(samples, BLOCK)
    expect(reference === null ? null : featureDrifts(reference, samples.slice(0, 49), 1)).toEqual([])
  })
  it('of values that never change is a reference of one bin, from which nothing moves', () => {
    const still = Array.from({ length: 1300 }, (_, at) => ({ ts: at * HOUR, rsi: 0, macd: 0, trend: 0, volatility: 0 }))
    const reference = referenceOf(still, BLOCK)
    const drifts = reference === null ? [] : featureDrifts(reference, still.slice(0, 100), 1)
    expect(drifts.map(({ index, threshold, drifted }) => [index, threshold, drifted])).toEqual(
      DRIFT_FEATURES.map(() => [0, 0.1, false]),
    )
  })
})

it('a block is 100 of the longest candles, from a day to the seven days that are looked at', () => {
  const lengths = [60_000, HOUR, 4 * HOUR]
  expect(lengths.map(driftBlockMs)).toEqual([24 * HOUR, 100 * HOUR, 168 * HOUR])
  expect(lengths.map((length) => firstDaysMs(driftBlockMs(length)) / (24 * HOUR))).toEqual([56, 56, 91])
})
