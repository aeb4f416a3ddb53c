import { describe, expect, it } from 'vitest'
import type { Label } from '../calibration/labels.ts'
import { ML_FUSION_1_2, type Model } from '../signal/model.ts'
import { createRandom, randomNormal, randomUniform } from '../stats/random.ts'
import { blockMean, compareOnLabels, judgeSample } from './compare-labels.ts'
import { maturedSample, type MaturedSample } from './learn-weeks.ts'

const HOUR = 3_600_000
const WEEK = 168 * HOUR

function labelOf(ts: number, direction: 1 | -1, hit: boolean): Label {
  const prices = { entryPrice: 100, exitPrice: 100, profitDistance: 0.01, stopDistance: 0.01, costRate: 0.002 }
  const times = { ts, entryTs: ts + HOUR, exitTs: ts + 2 * HOUR, candlesHeld: 1 }
  return {
    ...times,
    ...prices,
    direction,
    confid: 0,
    atr: 1,
    outcome: hit ? 'profit' : 'stop',
    ambiguous: false,
    hit,
    netReturn: hit ? 0.008 : -0.012,
  }
}

/** Up with the probability that `chance` gives for the mean of the parts. */
function samples(count: number, chance: (score: number) => number): MaturedSample[] {
  const random = createRandom(3)
  return Array.from({ length: count }, (_, at) => {
    const [rsi = 0, macd = 0, trend = 0] = [0, 1, 2].map(() => 2 * randomUniform(random) - 1)
    const up = randomUniform(random) < chance((rsi + macd + trend) / 3)
    const ts = 2 * at * HOUR
    return maturedSample({ symbol: 'BTCUSDT', tf: '1h' }, { rsi, macd, trend }, labelOf(ts, 1, up), labelOf(ts, -1, !up))
  })
}

const flat: Model = { ...ML_FUSION_1_2, version: 'flat', a: 0, kappa: 0 }
const compare = (judged: readonly MaturedSample[], second: Model) =>
  compareOnLabels(
    judged,
    () => ML_FUSION_1_2,
    () => second,
    1,
  )

describe('two models on the same labels', () => {
  it('tells which one says better what will come, and which is calibrated', () => {
    const coin = compare(
      samples(4000, () => 0.5),
      flat,
    )
    expect(coin?.gain.low).toBeGreaterThan(0)
    expect(coin?.second.reliability.calibrationError).toBeLessThanOrEqual(coin?.second.calibrationNull.percentile95 ?? 0)
    expect(coin?.first.reliability.calibrationError).toBeGreaterThan(coin?.first.calibrationNull.percentile95 ?? 1)
    const real = compare(
      samples(4000, (score) => 1 / (1 + Math.exp(-3 * score))),
      flat,
    )
    expect(real?.gain.high).toBeLessThan(0)
    expect(real?.first.reliability.calibrationError).toBeLessThanOrEqual(real?.first.calibrationNull.percentile95 ?? 0)
  })

  it('cannot tell a model from itself', () => {
    expect(
      compare(
        samples(500, () => 0.5),
        ML_FUSION_1_2,
      )?.gain,
    ).toEqual({ mean: 0, low: 0, high: 0 })
  })

  it('says nothing without labels', () => {
    expect(compare([], flat)).toBeNull()
  })

  it('takes the label in the direction of the score; a score of 0 has none', () => {
    const [sample] = samples(1, () => 1)
    if (sample === undefined) throw new Error('no sample')
    const against = { ...flat, weights: { rsi: -1 / 3, macd: -1 / 3, trend: -1 / 3 } }
    const labels = [judgeSample(flat, sample), judgeSample(against, sample)]
    expect(new Set(labels.map((label) => label?.direction))).toEqual(new Set([1, -1]))
    expect(judgeSample(flat, { ...sample, parts: { rsi: 0, macd: 0, trend: 0 } })).toBeNull()
  })
})

describe('the mean by whole weeks', () => {
  it('has the interval that weeks which move together have, wider than that of as many single labels', () => {
    const random = createRandom(7)
    const [times, together, single]: [number[], number[], number[]] = [[], [], []]
    for (let week = 0; week < 200; week += 1) {
      const shock = randomNormal(random)
      for (let at = 0; at < 20; at += 1) {
        times.push(week * WEEK + at * HOUR)
        together.push(shock)
        single.push(randomNormal(random))
      }
    }
    const width = ({ low, high }: { low: number; high: number }) => high - low
    // 3.92 standard errors of 200 and of 4,000 independent values.
    expect(width(blockMean(times, together, 1)) / (3.92 / Math.sqrt(200))).toBeCloseTo(1, 0)
    expect(width(blockMean(times, single, 1)) / (3.92 / Math.sqrt(4000))).toBeCloseTo(1, 0)
  })

  it('holds the true mean in about 95 of 100 series', () => {
    const random = createRandom(11)
    const times = Array.from({ length: 30 }, (_, week) => week * WEEK)
    let held = 0
    for (let series = 0; series < 100; series += 1) {
      const { low, high } = blockMean(
        times,
        times.map(() => 1 + randomNormal(random)),
        series,
      )
      if (low <= 1 && high >= 1) held += 1
    }
    expect(held).toBeGreaterThan(85)
    expect(held).toBeLessThan(100)
  })
})
