import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditItem } from '@spark/contract/audit'
import { ERRORS } from '@spark/contract/errors'
import type { ScoreAnswer } from '@spark/contract/ml'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { goodFeature } from './feature-fixture.ts'

let api: ApiFixture
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.remove())

const headers = { host: 'localhost', 'content-type': 'application/json' }

async function score(payload: string): Promise<{ status: number; answer: ScoreAnswer }> {
  const response = await api.app.inject({ method: 'POST', url: '/api/ml/score', headers, payload })
  return { status: response.statusCode, answer: response.json<ScoreAnswer>() }
}

async function rowsOf(traceId: string): Promise<AuditItem[]> {
  const response = await api.app.inject({ method: 'POST', url: '/api/audit/list', headers, payload: { traceId } })
  return response.json<{ items: AuditItem[] }>().items
}

/** JSON text of one value as an attacker or a broken feed would send it. */
const hostileValue = fc.oneof(
  fc.constantFrom(
    'null',
    '1e400',
    '-1e400',
    '-0',
    '0',
    '""',
    '"NaN"',
    '"Infinity"',
    '"1"',
    'true',
    '[]',
    '{}',
    '[1]',
    '-5',
    '1e308',
    '5e-324',
    '9007199254740993',
    '{"__proto__":{"o":1}}',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 40 }).map((value) => JSON.stringify(value)),
  fc.constant(`"${'x'.repeat(5000)}"`),
)

const FIELDS = [
  'ts',
  'symbol',
  'tf',
  'o',
  'h',
  'l',
  'c',
  'v',
  'rsi_14',
  'macd_hist',
  'ema_20',
  'ema_50',
  'atr_14',
  'extra',
  '__proto__',
  'constructor',
]

/** A good row with some fields replaced or left out. */
const hostileFeature = fc
  .dictionary(fc.constantFrom(...FIELDS), fc.option(hostileValue, { nil: undefined }), { maxKeys: 6, noNullPrototype: false })
  .map((changes) => {
    const fields = new Map(Object.entries(goodFeature(Date.now())).map(([key, value]) => [key, JSON.stringify(value)]))
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) fields.delete(key)
      else fields.set(key, value)
    }
    return `{${[...fields].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
  })

describe('any feature row', () => {
  it('is answered 200 with one audit row: scored, or closed with a code of the catalogue', async () => {
    let closed = 0
    await fc.assert(
      fc.asyncProperty(hostileFeature, async (feature) => {
        const { status, answer } = await score(`{"feature":${feature}}`)
        expect(status, feature).toBe(200)
        expect(answer.advisory).toBe(true)
        const rows = await rowsOf(answer.traceId)
        expect(rows).toHaveLength(1)
        if (answer._err === undefined) {
          expect(answer.guardrails).toEqual({ pass: true, reasons: [] })
          expect(answer.confid).toBeGreaterThan(0)
          expect(rows[0]).toMatchObject({ result: 'ok', context: { confid: answer.confid, score: answer.score } })
          return
        }
        closed += 1
        expect(Object.keys(ERRORS)).toContain(answer._err)
        expect(answer).toMatchObject({ decision: 0, score: 0, confid: 0, ml_bucket: 0, guardrails: { pass: false } })
        expect(answer.guardrails.reasons[0]).toBe(answer._err)
        expect(rows[0]).toMatchObject({ result: 'err', _err: answer._err })
      }),
      { numRuns: 300 },
    )
    // The generator must reach both sides, or the property says nothing.
    expect(closed).toBeGreaterThan(100)
    expect(closed).toBeLessThan(300)
  })

  it('has its input kept in the audit, bounded, whatever it was', async () => {
    const feature = `{"ts":1e400,"symbol":"${'x'.repeat(9000)}","tf":["1h"],"o":{"a":1},"h":null,"l":-0,"c":"1","v":true}`
    const { answer } = await score(`{"feature":${feature}}`)
    const [row] = await rowsOf(answer.traceId)
    expect(row?.context['feature']).toEqual({
      ts: 'Infinity',
      symbol: 'x'.repeat(32),
      tf: '(array)',
      o: '(object)',
      h: null,
      l: 0,
      c: '1',
      v: true,
    })
    expect(answer).toMatchObject({ symbol: null, tf: null, ts: null })
  })

  it('does not reach the prototype of anything', async () => {
    await score('{"feature":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('any body', () => {
  it('is answered below 500, as a score or as a problem of the catalogue', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ maxLength: 200 }), fc.json({ maxDepth: 4 }), hostileValue), async (payload) => {
        const response = await api.app.inject({ method: 'POST', url: '/api/ml/score', headers, payload })
        expect(response.statusCode, payload).toBeLessThan(500)
        if (response.statusCode !== 200) expect(Object.keys(ERRORS)).toContain(response.json<{ code: string }>().code)
      }),
      { numRuns: 300 },
    )
  })

  it('that is nested 30,000 deep does no harm', async () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    const { status } = await score(`{"feature":{"o":${deep}}}`)
    expect([200, 400]).toContain(status)
  })
})

describe('with ML off', () => {
  it('the answer is closed, advisory, mode off, and leaves no row', async () => {
    const off = await startApi({ FEATURE_ML_SCORING: '0' })
    const response = await off.app.inject({
      method: 'POST',
      url: '/api/ml/score',
      headers,
      payload: { feature: goodFeature(Date.now()) },
    })
    const answer = response.json<ScoreAnswer>()
    expect(answer).toMatchObject({ decision: 0, confid: 0, advisory: true, mode: 'off' })
    const rows = await off.app.inject({ method: 'POST', url: '/api/audit/list', headers, payload: { action: 'ml.score' } })
    expect(rows.json<{ items: unknown[] }>().items).toEqual([])
    await off.remove()
  })
})
