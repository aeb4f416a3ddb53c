import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ML_FUSION_1_2 } from '../signal/model.ts'
import { createRandom, randomUniform } from '../stats/random.ts'
import type { Label } from '../calibration/labels.ts'
import { learnWeeks, maturedSample, modelAt, withoutOverlap, type MaturedSample } from './learn-weeks.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const HOUR = 3_600_000
const WEEK = 168 * HOUR
const MONDAY = Date.UTC(2024, 0, 1)

const BTC = { symbol: 'BTCUSDT', tf: '1h' } as const

function labelAt(ts: number, direction: 1 | -1, hit: boolean): Label {
  const [entryTs, exitTs] = [ts + HOUR, ts + 4 * HOUR]
  const prices = { entryPrice: 100, exitPrice: hit ? 101 : 99, profitDistance: 0.01, stopDistance: 0.01, costRate: 0 }
  const outcome = hit ? 'profit' : 'stop'
  const netReturn = hit ? 0.01 : -0.01
  return {
    ts,
    direction,
    confid: 0,
    atr: 1,
    entryTs,
    exitTs,
    outcome,
    ambiguous: false,
    candlesHeld: 3,
    netReturn,
    hit,
    ...prices,
  }
}

function sampleAt(ts: number, changes: Partial<MaturedSample> = {}, up = true): MaturedSample {
  const parts = { rsi: 0.1, macd: 0.2, trend: 0.3 }
  return { ...maturedSample(BTC, parts, labelAt(ts, 1, up), labelAt(ts, -1, !up)), ...changes }
}

/** Every fourth hour for so many weeks; it goes against the RSI. */
function market(weeks: number): MaturedSample[] {
  const random = createRandom(5)
  return Array.from({ length: weeks * 42 }, (_, at) => {
    const rsi = 2 * randomUniform(random) - 1
    const up = randomUniform(random) < (rsi < 0 ? 0.7 : 0.3)
    const parts = { rsi, macd: 2 * randomUniform(random) - 1, trend: 2 * randomUniform(random) - 1 }
    return sampleAt(MONDAY + 4 * at * HOUR, { parts }, up)
  })
}

describe('learning week by week', () => {
  it('makes a model each Monday from the first 200 labels on, each the child of the one before', () => {
    const { weeks, state } = learnWeeks(ML_FUSION_1_2, market(20), false, sha256)
    expect(weeks.map(({ fromTs }) => (fromTs - MONDAY) / WEEK)).toEqual(Array.from({ length: 16 }, (_, at) => at + 5))
    expect(state.labels).toBe(20 * 42)
    weeks.forEach(({ model }, at) => expect(model.parent).toBe(weeks[at - 1]?.model.version ?? 'ml-fusion-1.2'))
    expect(weeks.at(-1)?.model.weights.rsi).toBeLessThan(-0.5)
  })

  it('does not look ahead: what comes later changes no earlier model', () => {
    const samples = market(12)
    const { weeks } = learnWeeks(ML_FUSION_1_2, samples, false, sha256)
    for (const { fromTs, model } of weeks) {
      const known = samples.filter(({ exitTs }) => exitTs <= fromTs)
      expect(learnWeeks(ML_FUSION_1_2, known, false, sha256).weeks.at(-1)?.model).toEqual(model)
    }
  })

  it('leaves fixed weights alone', () => {
    const { weeks } = learnWeeks(ML_FUSION_1_2, market(8), true, sha256)
    expect(weeks.length).toBeGreaterThan(0)
    for (const { model } of weeks) expect(model.weights).toEqual(ML_FUSION_1_2.weights)
  })

  it('uses a model from its Monday on, and the first one before', () => {
    const { weeks } = learnWeeks(ML_FUSION_1_2, market(8), false, sha256)
    const [first, second] = weeks
    expect(modelAt(ML_FUSION_1_2, weeks, (first?.fromTs ?? 0) - 1)).toBe(ML_FUSION_1_2)
    expect(modelAt(ML_FUSION_1_2, weeks, first?.fromTs ?? 0)).toBe(first?.model)
    expect(modelAt(ML_FUSION_1_2, weeks, (second?.fromTs ?? 0) - 1)).toBe(first?.model)
    expect(modelAt(ML_FUSION_1_2, weeks, Number.MAX_SAFE_INTEGER)).toBe(weeks.at(-1)?.model)
  })

  it('counts what overlaps once for each symbol', () => {
    const [a, b, c, d] = [0, 2, 3, 2].map((hour) => sampleAt(MONDAY + hour * HOUR))
    const other = sampleAt(MONDAY + 2 * HOUR, { symbol: 'ETHUSDT', stream: 'ETHUSDT-1h' })
    const quick = sampleAt(MONDAY + 2 * HOUR, { stream: 'BTCUSDT-15m', exitTs: MONDAY + 3 * HOUR })
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('no samples')
    expect(withoutOverlap([c, b, other, a, quick])).toEqual([a, other, c])
  })
})
