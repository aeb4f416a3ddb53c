import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FEATURE_SCHEMA, featureRow, isStale, schemaHash, timeProblem, type FeatureRow } from './feature-row.ts'
import { parseFeature } from './parse-feature.ts'

const ROW: FeatureRow = {
  ts: 1_700_000_000_000,
  symbol: 'BTCUSDT',
  tf: '1h',
  o: 100,
  h: 110,
  l: 90,
  c: 105,
  v: 3,
  rsi_14: 55,
  macd_hist: -0.4,
  ema_20: 101,
  ema_50: 99,
  atr_14: 8,
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function codesOf(change: Record<string, unknown>): string[] {
  const parsed = parseFeature({ ...ROW, ...change })
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.code)
}

function rowOf(input: unknown): FeatureRow {
  const parsed = parseFeature(input)
  if (!parsed.ok) throw new Error(parsed.problems[0]?.detail)
  return parsed.row
}

function obeysRules(row: FeatureRow): boolean {
  const { ts, o, h, l, c, v, rsi_14, macd_hist, ema_20, ema_50, atr_14 } = row
  const finite = [o, h, l, c, v, rsi_14, macd_hist, ema_20, ema_50, atr_14 ?? 0].every((value) => Number.isFinite(value))
  const ordered = l > 0 && l <= Math.min(o, c) && h >= Math.max(o, c) && v >= 0
  return finite && ordered && rsi_14 >= 0 && rsi_14 <= 100 && (atr_14 ?? 0) >= 0 && Number.isSafeInteger(ts) && ts >= 0
}

function without(key: keyof FeatureRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(ROW).filter(([name]) => name !== key))
}

describe('a valid row', () => {
  it('is read as it is, in the order of the schema', () => {
    expect(parseFeature(ROW)).toStrictEqual({ ok: true, row: ROW, echo: { symbol: 'BTCUSDT', tf: '1h', ts: ROW.ts } })
    expect(Object.keys(rowOf(ROW))).toEqual(Object.keys(FEATURE_SCHEMA.properties))
  })
  it('may lack its ATR, carry extra keys and stand at the edges', () => {
    expect(parseFeature(without('atr_14'))).toMatchObject({ ok: true, row: { atr_14: null } })
    expect(parseFeature({ ...ROW, atr_14: null })).toMatchObject({ ok: true, row: { atr_14: null } })
    for (const change of [
      { extra: { deep: [1] } },
      { ts: 0 },
      { ts: 1 },
      { v: 0 },
      { rsi_14: 0 },
      { rsi_14: 100 },
      { atr_14: 0 },
      { o: 90, h: 90, l: 90, c: 90 },
      { l: Number.MIN_VALUE },
      { h: Number.MAX_VALUE },
      { symbol: 'BTC/USDT:USDT-1.a_b' },
      { symbol: 'x'.repeat(32) },
    ]) {
      expect(codesOf(change)).toEqual([])
    }
  })
  it('has 0 for every -0', () => {
    const parsed = parseFeature({ ...ROW, ts: -0, v: -0, macd_hist: -0, rsi_14: -0, atr_14: -0 })
    expect(parsed).toStrictEqual({
      ok: true,
      row: { ...ROW, ts: 0, v: 0, macd_hist: 0, rsi_14: 0, atr_14: 0 },
      echo: { symbol: 'BTCUSDT', tf: '1h', ts: 0 },
    })
  })
})

describe('an invalid row', () => {
  it('is invalid_feature for every field that is no finite number or breaks a rule', () => {
    for (const key of ['o', 'h', 'l', 'c', 'v', 'rsi_14', 'macd_hist', 'ema_20', 'ema_50', 'atr_14'] as const) {
      const wrong = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', true, {}, [], 1n, Symbol('x'), () => 1]
      for (const value of wrong) expect(codesOf({ [key]: value })).toContain('invalid_feature')
    }
    const infinite = JSON.parse('{"c":1e400}') as object
    for (const change of [
      infinite,
      { o: null },
      { v: undefined },
      { l: 0 },
      { l: -0 },
      { l: -1 },
      { l: 101 },
      { h: 104 },
      { v: -1 },
      { rsi_14: 100.0001 },
      { rsi_14: -1e-9 },
      { atr_14: -1e-9 },
      { ts: null },
      { ts: -1 },
      { ts: 1.5 },
      { ts: 2 ** 53 },
      { ts: '1' },
      { symbol: '' },
      { symbol: 'x'.repeat(33) },
      { symbol: 'a b' },
      { symbol: 'BTCUSDT\n' },
      { symbol: 7 },
      { tf: '2h' },
      { tf: 'constructor' },
      { tf: null },
    ]) {
      expect(codesOf(change as Record<string, unknown>)).toEqual(['invalid_feature'])
    }
  })
  it('is features_missing for an indicator that is absent or null', () => {
    for (const key of ['rsi_14', 'macd_hist', 'ema_20', 'ema_50'] as const) {
      expect(codesOf({ [key]: null })).toEqual(['features_missing'])
      expect(parseFeature(without(key))).toMatchObject({
        ok: false,
        problems: [{ code: 'features_missing', detail: `${key} is missing` }],
      })
    }
  })
  it('names all its problems, invalid_feature first: the row of the playbook', () => {
    const parsed = parseFeature({ ts: 1, symbol: 'X', tf: '1h', o: null, h: 1, l: 1, c: 1, v: 1 })
    expect(parsed).toEqual({
      ok: false,
      problems: [
        { code: 'invalid_feature', detail: 'o is null, not a finite number' },
        { code: 'features_missing', detail: 'rsi_14 is missing' },
        { code: 'features_missing', detail: 'macd_hist is missing' },
        { code: 'features_missing', detail: 'ema_20 is missing' },
        { code: 'features_missing', detail: 'ema_50 is missing' },
      ],
      echo: { symbol: 'X', tf: '1h', ts: 1 },
    })
  })
  it('echoes only what is sane', () => {
    expect(parseFeature({ ...ROW, symbol: '<b>', tf: '1h', ts: 1e300 }).echo).toEqual({ symbol: null, tf: '1h', ts: null })
    expect(parseFeature('row').echo).toEqual({ symbol: null, tf: null, ts: null })
  })
  it('does not take inherited fields for its own', () => {
    expect(parseFeature(Object.create(ROW)).ok).toBe(false)
    expect(parseFeature(JSON.parse(`{"__proto__":${JSON.stringify(ROW)}}`)).ok).toBe(false)
  })
})

describe('anything at all', () => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  it('that is not an object is one invalid_feature', () => {
    for (const input of [null, undefined, 1, 'x', true, 1n, Symbol('x'), [], [ROW], () => ROW, revoked.proxy]) {
      expect(parseFeature(input)).toMatchObject({ ok: false, problems: [{ code: 'invalid_feature' }] })
    }
  })
  it('that throws when read is invalid, and each field is read once', () => {
    const thrower = Object.defineProperty({ ...ROW }, 'c', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    expect(parseFeature(thrower)).toMatchObject({ ok: false, problems: [{ detail: 'c cannot be read, not a finite number' }] })
    let reads = 0
    const shifty = Object.defineProperty({ ...ROW }, 'c', {
      get() {
        reads += 1
        return reads === 1 ? 105 : Number.NaN
      },
    })
    expect(parseFeature(shifty)).toMatchObject({ ok: true, row: { c: 105 } })
    expect(reads).toBe(1)
  })
  it('never throws, and what it lets through obeys every rule', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.double(),
      fc.constantFrom(null, undefined, -0, 1e308, '105', Number.NaN, Number.POSITIVE_INFINITY),
    )
    const field = fc.constantFrom(...(Object.keys(ROW) as (keyof FeatureRow)[]), '__proto__', 'extra')
    const changes = fc.array(fc.tuple(field, value), { maxLength: 3 })
    const changed = changes.map((entries) => {
      const row: Record<string, unknown> = { ...ROW }
      for (const [key, entry] of entries) Object.defineProperty(row, key, { value: entry, enumerable: true, configurable: true })
      return row
    })
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true }), changed), (input) => {
        const parsed = parseFeature(input)
        expect(parsed.ok ? obeysRules(parsed.row) : parsed.problems.length > 0).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the time of a row', () => {
  const HOUR_MS = 3_600_000
  it('is stale when its candle closed more than one timeframe ago', () => {
    expect(isStale(ROW, ROW.ts + 2 * HOUR_MS)).toBe(false)
    expect(isStale(ROW, ROW.ts + 2 * HOUR_MS + 1)).toBe(true)
    expect(isStale(ROW, Number.NaN)).toBe(true)
  })
  it('is a problem when it opens more than 10 s from now', () => {
    expect(timeProblem(ROW, ROW.ts - 10_000)).toBeNull()
    expect(timeProblem(ROW, ROW.ts - 10_001)).toContain('10001 ms')
  })
})

describe('the schema', () => {
  it('has the hash both processes agree on', () => {
    expect(schemaHash(sha256)).toBe('bba5bf50176dea4589af0fff47ad1f7981e7d087a68f81d67bd52bd6aef72307')
  })
  it('featureRow puts stream, candle and indicators together', () => {
    const { symbol, tf, ts, o, h, l, c, v, ...values } = ROW
    expect(featureRow({ symbol, tf }, { ts, o, h, l, c, v }, values)).toStrictEqual(ROW)
  })
})
