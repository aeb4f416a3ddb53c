import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FeatureRow } from './feature-row.ts'
import { fuse } from './fuse.ts'
import { checkGuardrails, GUARDRAILS, type Guardrail } from './guardrails.ts'
import { ML_FUSION_1_2 } from './model.ts'
import { scoreFeature, type ScoreAnswer, type ScoreInput } from './score.ts'

const HOUR_MS = 3_600_000
const ROW: FeatureRow = {
  ts: 1_700_000_000_000,
  symbol: 'BTCUSDT',
  tf: '1h',
  o: 100,
  h: 110,
  l: 90,
  c: 105,
  v: 3,
  rsi_14: 75,
  macd_hist: 2,
  ema_20: 110,
  ema_50: 99,
  atr_14: 8,
}
const INPUT: ScoreInput = {
  feature: ROW,
  model: ML_FUSION_1_2,
  nowMs: ROW.ts + HOUR_MS,
  floor: 0.55,
  mode: 'live',
  exposed: true,
  killed: false,
  breach: false,
}
const score = (change: Partial<ScoreInput> = {}): ScoreAnswer => scoreFeature({ ...INPUT, ...change })
const ZERO = { decision: 0, score: 0, confid: 0, ml_bucket: 0, parts: { rsi: 0, macd: 0, trend: 0 }, advisory: true }

describe('a row that may be used', () => {
  it('is scored, decided and not advisory when live and exposed', () => {
    const fused = fuse(ML_FUSION_1_2, ROW)
    expect(score()).toStrictEqual({
      decision: 1,
      score: fused.score,
      confid: fused.confid,
      ml_bucket: 0.7,
      parts: fused.parts,
      guardrails: { pass: true, reasons: [] },
      advisory: false,
      arm: 'ml',
      mode: 'live',
      symbol: 'BTCUSDT',
      tf: '1h',
      ts: ROW.ts,
      modelVersion: 'ml-fusion-1.2',
      featureVersion: 'v2.0',
      result: 'ok',
    })
  })
  it('below the floor has decision 0, and its guardrails pass', () => {
    expect(score({ floor: 0.99 })).toMatchObject({
      decision: 0,
      advisory: false,
      guardrails: { pass: true, reasons: [] },
      result: 'ok',
    })
  })
  it('is advisory in preview and outside the exposed share, with its decision shown', () => {
    expect(score({ mode: 'preview' })).toMatchObject({ decision: 1, advisory: true, arm: 'baseline', guardrails: { pass: true } })
    expect(score({ exposed: false })).toMatchObject({ decision: 1, advisory: true, arm: 'baseline', guardrails: { pass: true } })
  })
})

describe('with ML off', () => {
  it('nothing is computed, whatever was sent', () => {
    for (const feature of [ROW, null, { ...ROW, c: Number.NaN }]) {
      const answer = score({ mode: 'off', feature, model: null, killed: true })
      expect(answer).toMatchObject({
        ...ZERO,
        mode: 'off',
        arm: 'baseline',
        guardrails: { pass: true, reasons: [] },
        result: 'ok',
      })
      expect(answer).not.toHaveProperty('_err')
    }
  })
})

describe('what cannot be scored', () => {
  const cases: [string, Partial<ScoreInput>, string[]][] = [
    ['a row that is not one', { feature: null }, ['invalid_feature']],
    ['a price that is no number', { feature: { ...ROW, o: null } }, ['invalid_feature']],
    ['a row from the future', { nowMs: ROW.ts - 10_001 }, ['invalid_feature']],
    ['a missing indicator', { feature: { ...ROW, ema_50: null } }, ['features_missing']],
    ['a candle closed more than one timeframe ago', { nowMs: ROW.ts + 2 * HOUR_MS + 1 }, ['stale_feature']],
    ['a clock that has no time', { nowMs: Number.NaN }, ['stale_feature']],
    ['no model', { model: null }, ['model_unavailable']],
    ['an expired model', { model: { ...ML_FUSION_1_2, expiresAt: INPUT.nowMs } }, ['model_unavailable']],
    ['a model for other features', { model: { ...ML_FUSION_1_2, featureVersion: 'v1.0' } }, ['model_unavailable']],
    ['a model with weights that are no numbers', { model: { ...ML_FUSION_1_2, a: Number.NaN } }, ['model_unavailable']],
    [
      'all of it at once',
      { feature: { ...ROW, o: '1', rsi_14: null }, nowMs: 2e12, model: null },
      ['invalid_feature', 'features_missing', 'stale_feature', 'model_unavailable'],
    ],
    [
      'a bad row under a kill switch and a breach',
      { feature: null, killed: true, breach: true },
      ['invalid_feature', 'slo_breach', 'killed'],
    ],
  ]
  it.each(cases)('%s is closed with its reasons', (_name, change, reasons) => {
    const answer = score(change)
    expect(answer).toMatchObject({ ...ZERO, guardrails: { pass: false, reasons }, _err: reasons[0], result: 'err' })
  })
  it('is what the playbook sends first', () => {
    const feature = { ts: 1, symbol: 'X', tf: '1h', o: null, h: 1, l: 1, c: 1, v: 1 }
    expect(score({ feature })).toMatchObject({
      ...ZERO,
      guardrails: { pass: false, reasons: ['invalid_feature', 'features_missing', 'stale_feature'] },
      symbol: 'X',
      tf: '1h',
      ts: 1,
      _err: 'invalid_feature',
    })
  })
  it('a model is good until the millisecond it expires', () => {
    expect(score({ model: { ...ML_FUSION_1_2, expiresAt: INPUT.nowMs + 1 } })).toMatchObject({ decision: 1, result: 'ok' })
  })
})

describe('what may not be used', () => {
  it('keeps its score and loses its decision', () => {
    const free = score()
    for (const [change, reasons] of [
      [{ breach: true }, ['slo_breach']],
      [{ killed: true }, ['killed']],
      [{ breach: true, killed: true }, ['slo_breach', 'killed']],
    ] as const) {
      const answer = score(change)
      expect(answer).toStrictEqual({ ...free, decision: 0, advisory: true, guardrails: { pass: false, reasons } })
    }
  })
  it('includes a fact that is not known', () => {
    const unknown = { breach: undefined, killed: undefined } as unknown as Partial<ScoreInput>
    expect(score(unknown)).toMatchObject({
      decision: 0,
      advisory: true,
      guardrails: { pass: false, reasons: ['slo_breach', 'killed'] },
    })
  })
})

describe('a guardrail that throws', () => {
  const broken: Guardrail = {
    reason: 'killed',
    kind: 'unusable',
    closes() {
      throw new Error('a bug')
    },
  }
  it('closes the answer, wherever it stands', () => {
    for (let place = 0; place <= GUARDRAILS.length; place += 1) {
      const answer = scoreFeature(INPUT, GUARDRAILS.toSpliced(place, 0, broken))
      expect(answer).toMatchObject({
        ...ZERO,
        guardrails: { pass: false, reasons: ['guardrail_error'] },
        _err: 'guardrail_error',
        result: 'err',
      })
    }
  })
  it('does not hide what the others found', () => {
    const answer = scoreFeature({ ...INPUT, model: null, breach: true }, [broken, ...GUARDRAILS])
    const reasons = ['model_unavailable', 'slo_breach', 'guardrail_error']
    expect(answer).toMatchObject({ ...ZERO, guardrails: { reasons }, _err: 'model_unavailable', result: 'err' })
  })
  it('or answers something else than true or false closes too', () => {
    const vague = { reason: 'killed', kind: 'unusable', closes: () => undefined } as unknown as Guardrail
    expect(scoreFeature(INPUT, [vague])).toMatchObject({
      decision: 0,
      advisory: true,
      guardrails: { pass: false, reasons: ['killed'] },
    })
  })
  it('or is not there does not open what it would have closed', () => {
    expect(scoreFeature({ ...INPUT, feature: null }, [])).toMatchObject({ ...ZERO, _err: 'guardrail_error', result: 'err' })
    expect(scoreFeature({ ...INPUT, model: null }, [])).toMatchObject({ ...ZERO, _err: 'guardrail_error', result: 'err' })
    const nonsense = { ...ML_FUSION_1_2, a: Number.NaN }
    expect(scoreFeature({ ...INPUT, model: nonsense }, [])).toMatchObject({ ...ZERO, _err: 'guardrail_error', result: 'err' })
  })
  it('is asked about plain facts', () => {
    const facts = { ...INPUT, problems: [], echo: { symbol: null, tf: null, ts: null } }
    expect(checkGuardrails(facts)).toEqual({ reasons: [], error: null })
  })
})

describe('every answer to anything', () => {
  const inputs: fc.Arbitrary<ScoreInput> = fc.record({
    feature: fc.oneof(
      fc.anything(),
      fc
        .record({ rsi_14: fc.double({ min: 0, max: 100, noNaN: true }), macd_hist: fc.double() })
        .map((part) => ({ ...ROW, ...part })),
    ),
    model: fc.constantFrom(ML_FUSION_1_2, null),
    nowMs: fc.constantFrom(INPUT.nowMs, 0, 2e12, Number.NaN),
    floor: fc.constantFrom(0.5, 0.55, 0.9, Number.NaN),
    mode: fc.constantFrom('off', 'preview', 'live'),
    exposed: fc.boolean(),
    killed: fc.boolean(),
    breach: fc.boolean(),
  })
  it('is closed unless everything is right, and says so in one way', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const answer = scoreFeature(input)
        const { pass, reasons } = answer.guardrails
        expect(pass).toBe(reasons.length === 0)
        expect(answer.result === 'err').toBe('_err' in answer)
        expect(answer.arm === 'ml').toBe(input.mode === 'live' && input.exposed)
        expect(answer).toMatchObject(answer.result === 'err' ? { ...ZERO, _err: reasons[0] } : { result: 'ok' })
        const mayAct = pass && input.mode === 'live' && input.exposed && !input.killed && !input.breach && input.model !== null
        expect(answer.advisory || mayAct).toBe(true)
        const decided = pass && answer.confid >= input.floor ? Math.sign(answer.score) : 0
        expect(answer.decision).toBe(decided)
        // What is audited is what was computed: nothing is lost on the way through JSON.
        expect(JSON.parse(JSON.stringify(answer))).toStrictEqual(answer)
      }),
      { numRuns: 1000 },
    )
  })
})
