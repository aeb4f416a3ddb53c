import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ML_FUSION_1_2, deriveModel, modelProblem, type Model } from '../signal/model.ts'
import { weightDistance, WEIGHT_CHANGE_MAX } from './cap-weights.ts'
import { createLearnerState, type LearnerState } from './learner-state.ts'
import { LABELS_MIN, updateWeekly, type LearningSample, type UpdateInput, type WeeklyUpdate } from './weekly-update.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const HOUR = 3_600_000
const DAY = 24 * HOUR

interface Reference {
  weeks: {
    samples: [rsi: number, macd: number, trend: number, right: number][]
    coefficients: number[]
    deviations: number[]
    weights: number[]
    logLoss: number
    hits: number
  }[]
}

const reference = JSON.parse(readFileSync(new URL('./weekly-update.golden.json', import.meta.url), 'utf8')) as Reference

const sample = (at: number, [rsi, macd, trend, right]: readonly number[]): LearningSample => ({
  stream: 'BTCUSDT-1h',
  ts: at * HOUR,
  parts: { rsi: rsi ?? 0, macd: macd ?? 0, trend: trend ?? 0 },
  longHit: right === 1,
  shortHit: right === -1,
})

function update(samples: readonly LearningSample[], changes: Partial<UpdateInput> = {}): WeeklyUpdate {
  const usual = {
    weightsFixed: false,
    rolloutStartedMs: null,
    nowMs: 1_700_000_000_000,
    trainedAt: 1_700_000_000_000,
    expiresAt: null,
  }
  return updateWeekly({ parent: ML_FUSION_1_2, state: createLearnerState(), samples, ...usual, ...changes }, sha256)
}

function done(result: WeeklyUpdate): Extract<WeeklyUpdate, { ok: true }> {
  if (!result.ok) throw new Error(result.detail)
  return result
}

const firstWeek = (reference.weeks[0]?.samples ?? []).map((row, at) => sample(at, row))

const anySample = fc
  .record({
    rsi: fc.double({ min: -1, max: 1, noNaN: true }),
    macd: fc.double({ min: -1, max: 1, noNaN: true }),
    trend: fc.double({ min: -1, max: 1, noNaN: true }),
    right: fc.constantFrom(-1, 0, 1),
  })
  .map(({ rsi, macd, trend, right }) => [rsi, macd, trend, right])
const anySamples = fc
  .array(anySample, { minLength: LABELS_MIN, maxLength: LABELS_MIN + 20 })
  .map((rows) => rows.map((row, at) => sample(at, row)))

describe('the weekly update', () => {
  it('agrees with scipy over six weeks to 1e-9: coefficients, deviations, capped weights, prequential loss', () => {
    let parent: Model = ML_FUSION_1_2
    let state: LearnerState = createLearnerState()
    let hours = 0
    for (const week of reference.weeks) {
      const samples = week.samples.map((row) => sample(hours++, row))
      const { candidate, evidence, state: next } = done(update(samples, { parent, state }))
      const estimates = Object.values(evidence.coefficients)
      estimates.forEach(({ mean, deviation }, at) => {
        expect(Math.abs(mean - (week.coefficients[at] ?? Number.NaN))).toBeLessThan(1e-9)
        expect(Math.abs(deviation - (week.deviations[at] ?? Number.NaN))).toBeLessThan(1e-9)
      })
      Object.values(candidate.weights).forEach((weight, at) =>
        expect(Math.abs(weight - (week.weights[at] ?? Number.NaN))).toBeLessThan(1e-9),
      )
      expect(Math.abs(evidence.prequential.logLoss - week.logLoss)).toBeLessThan(1e-12)
      expect(evidence.prequential.hits).toBe(week.hits)
      parent = candidate
      state = next
    }
    // The samples were drawn with a negative RSI: by now its weight has turned.
    expect(parent.weights.rsi).toBeLessThan(0)
    expect(parent.parent).toMatch(/^ml-fusion-1\.2\+l\.[0-9a-f]{8}$/)
  })

  it('makes a whole model document, named by what it holds', () => {
    const { candidate, evidence } = done(update(firstWeek, { expiresAt: 1_800_000_000_000 }))
    expect(modelProblem(candidate)).toBeNull()
    expect(candidate).toMatchObject({
      gains: ML_FUSION_1_2.gains,
      featureVersion: 'v2.0',
      trainedAt: 1_700_000_000_000,
      expiresAt: 1_800_000_000_000,
      labelWindow: { fromTs: 0, toTs: (firstWeek.length - 1) * HOUR },
      parent: 'ml-fusion-1.2',
    })
    expect(candidate.version).toMatch(/^ml-fusion-1\.2\+l\.[0-9a-f]{8}$/)
    expect(done(update(firstWeek, { expiresAt: 1_800_000_000_000 })).candidate).toEqual(candidate)
    expect(done(update(firstWeek.slice(1))).candidate.version).not.toBe(candidate.version)
    expect(evidence).toMatchObject({ labels: firstWeek.length, labelsInAll: firstWeek.length, keptShare: 0.95 })
    expect(evidence.weightChange).toBeLessThanOrEqual(WEIGHT_CHANGE_MAX + 1e-9)
  })

  it('gives the same bits whatever the order of the samples', () => {
    fc.assert(
      fc.property(anySamples, fc.infiniteStream(fc.nat()), (samples, keys) => {
        const shuffled = samples
          .map((one) => ({ one, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one)
        expect(JSON.stringify(update(shuffled))).toBe(JSON.stringify(update(samples)))
      }),
      { numRuns: 20 },
    )
  })

  it('moves the weights by no more than 0.15 in all, and keeps their absolute sum at 1, whatever the labels say', () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { candidate } = done(update(samples))
        expect(weightDistance(candidate.weights, ML_FUSION_1_2.weights)).toBeLessThanOrEqual(WEIGHT_CHANGE_MAX + 1e-9)
        expect(modelProblem(candidate)).toBeNull()
      }),
      { numRuns: 50 },
    )
  })

  it('goes on from its state as JSON with the same bits', () => {
    const first = done(update(firstWeek))
    const later = (reference.weeks[1]?.samples ?? []).map((row, at) => sample(1000 + at, row))
    const state = JSON.parse(JSON.stringify(first.state)) as LearnerState
    expect(update(later, { state })).toEqual(update(later, { state: first.state }))
  })

  it('does not update in the first 24 hours of a rollout, and leaves the labels for later', () => {
    const nowMs = 1_700_000_000_000
    const held = update(firstWeek, { nowMs, rolloutStartedMs: nowMs - DAY + 1 })
    expect(held).toMatchObject({ ok: false, refusal: 'rollout_first_day', state: createLearnerState() })
    expect(update(firstWeek, { nowMs, rolloutStartedMs: nowMs - DAY }).ok).toBe(true)
  })

  it('leaves weights that a person set alone, and fits a and kappa all the same', () => {
    const derived = deriveModel(ML_FUSION_1_2, { rsi: 0.4, macd: 0.4, trend: 0.2 }, sha256)
    if (!derived.ok) throw new Error(derived.problem)
    const { candidate, evidence } = done(update(firstWeek, { parent: derived.model, weightsFixed: true }))
    expect(candidate.weights).toEqual(derived.model.weights)
    expect(evidence).toMatchObject({ wantedWeights: null, weightChange: 0 })
    expect(candidate.kappa).not.toBe(derived.model.kappa)
  })

  it('offers no candidate without labels, and none on fewer than a verdict needs, but keeps what these say', () => {
    expect(update([])).toMatchObject({ ok: false, refusal: 'no_labels' })
    const few = update(firstWeek.slice(0, LABELS_MIN - 1))
    expect(few).toMatchObject({ ok: false, refusal: 'too_few_labels', state: { labels: LABELS_MIN - 1 } })
    const one = sample(1000, [0.1, 0.2, 0.3, 1])
    expect(done(update([one], { state: few.state })).evidence.labelsInAll).toBe(LABELS_MIN)
  })

  it('counts a label that is right in neither direction against the confidence, and not into the weights', () => {
    const neither = Array.from({ length: 400 }, (_, at) => sample(at, [0.3, 0.1, -0.2, 0]))
    const { candidate, evidence } = done(update(neither))
    expect(evidence.undecided).toBe(400)
    expect(candidate.weights.rsi).toBeCloseTo(1 / 3, 12)
    expect(1 / (1 + Math.exp(-(candidate.a + candidate.kappa * (0.2 / 3))))).toBeLessThan(0.05)
  })

  it('refuses a label that is there twice, or holds what is no number', () => {
    const one = sample(1, [0.1, 0.1, 0.1, 1])
    expect(() => update([one, one])).toThrow(RangeError)
    expect(() => update([sample(1, [Number.NaN, 0, 0, 1])])).toThrow(RangeError)
  })
})
