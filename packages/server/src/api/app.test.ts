import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Value } from 'typebox/value'
import { Problem } from '@spark/contract/errors'
import { ROUTES, ROUTE_LIST } from '@spark/contract/routes'
import type { AuditItem } from '@spark/contract/audit'
import { ScoreAnswer } from '@spark/contract/ml'
import { administrator } from './account-fixture.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { goodFeature } from './feature-fixture.ts'

let api: ApiFixture
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.remove())

const host = { host: 'localhost:3003' }
const score = (payload: object | string, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: 'POST',
    url: '/api/ml/score',
    headers: { ...host, 'content-type': 'application/json', ...headers },
    payload,
  })

async function auditOf(traceId: string): Promise<AuditItem[]> {
  const response = await api.app.inject({ method: 'POST', url: '/api/audit/list', headers: host, payload: { traceId } })
  return response.json<{ items: AuditItem[] }>().items
}

describe('POST /api/ml/score', () => {
  it('answers a whole row with its score, and the audit row is there at once', async () => {
    const response = await score({ feature: goodFeature(Date.now()), strategyId: 's-1' })
    expect(response.statusCode).toBe(200)
    const answer = response.json<ScoreAnswer>()
    expect(Value.Check(ScoreAnswer, answer)).toBe(true)
    expect(answer).toMatchObject({
      decision: 1,
      advisory: true,
      mode: 'preview',
      arm: 'baseline',
      modelVersion: 'ml-fusion-1.2',
      featureVersion: 'v2.0',
    })
    expect(response.headers['x-trace-id']).toBe(answer.traceId)
    const [row, ...more] = await auditOf(answer.traceId)
    expect(more).toEqual([])
    expect(row).toMatchObject({ action: 'ml.score', result: 'ok', strategyId: 's-1', actor: 'anonymous' })
    expect(row?.context).toMatchObject({
      confid: answer.confid,
      score: answer.score,
      decision: 1,
      ml_bucket: answer.ml_bucket,
      ml_signal_parts: answer.parts,
    })
    expect(row).not.toHaveProperty('_err')
  })

  it("closes the playbook's row, with a form content type too", async () => {
    const payload = '{"feature":{"ts":1,"symbol":"X","tf":"1h","o":null,"h":1,"l":1,"c":1,"v":1}}'
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      const response = await score(payload, { 'content-type': type })
      expect(response.statusCode).toBe(200)
      expect(response.json()).toMatchObject({
        decision: 0,
        confid: 0,
        advisory: true,
        guardrails: { pass: false },
        _err: 'invalid_feature',
      })
    }
  })

  it('rehearses a breach on one call: score shown, decision closed, result ok', async () => {
    const answer = (
      await score({ feature: goodFeature(Date.now()) }, { 'x-test-guardrails': 'p95=1600,err=0.03' })
    ).json<ScoreAnswer>()
    expect(answer).toMatchObject({ decision: 0, advisory: true, guardrails: { pass: false, reasons: ['slo_breach'] } })
    expect(answer.confid).toBeGreaterThan(0.5)
    expect((await auditOf(answer.traceId))[0]).toMatchObject({ result: 'ok' })
  })

  it('takes the trace id of a valid traceparent', async () => {
    const traceId = 'aaaabbbbccccddddeeeeffff00001111'
    const answer = (
      await score({ feature: goodFeature(Date.now()) }, { traceparent: `00-${traceId}-b7ad6b7169203331-01` })
    ).json<ScoreAnswer>()
    expect(answer.traceId).toBe(traceId)
  })

  it('closes the answer for a model that is not stored', async () => {
    const answer = (await score({ feature: goodFeature(Date.now()), modelId: 'nope-1' })).json<ScoreAnswer>()
    expect(answer).toMatchObject({ _err: 'model_unavailable', decision: 0, confid: 0 })
  })

  it.each([
    ['no JSON', '{', 400, 'bad_json'],
    ['no body', '', 400, 'bad_json'],
    ['U+0000 in a text', String.raw`{"feature":{"symbol":"a\u0000"}}`, 400, 'bad_request'],
    ['U+0000 in a name', String.raw`{"feature":{"a\u0000":1}}`, 400, 'bad_request'],
    ['no object', '[]', 400, 'bad_request'],
    ['no feature', '{}', 400, 'bad_request'],
    ['a feature that is a list', '{"feature":[]}', 400, 'bad_request'],
    ['an unknown key', '{"feature":{},"x":1}', 400, 'bad_request'],
    ['a __proto__ beside the feature', '{"feature":{},"__proto__":{"a":1}}', 400, 'bad_request'],
    ['a long strategy id', JSON.stringify({ feature: {}, strategyId: 'x'.repeat(200) }), 400, 'bad_request'],
    ['a large body', JSON.stringify({ feature: { x: 'y'.repeat(70_000) } }), 413, 'body_too_large'],
  ])('refuses %s as a problem', async (_what, payload, status, code) => {
    const response = await score(payload)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(Value.Check(Problem, response.json())).toBe(true)
    expect(response.json()).toMatchObject({ code, _err: code })
  })

  it('refuses an unreadable rehearsal header', async () => {
    expect((await score({ feature: {} }, { 'x-test-guardrails': 'p95=fast' })).json()).toMatchObject({
      status: 400,
      code: 'bad_rehearsal_header',
    })
  })

  it("lets only the executor set the market's clock", async () => {
    const feature = goodFeature(1_600_000_000_000)
    const old = { 'x-market-now-ms': '1600000000000' }
    expect((await score({ feature }, old)).json()).toMatchObject({ _err: 'stale_feature' })
    expect((await score({ feature }, { ...old, authorization: `Bearer ${api.tokens.operator}` })).json()).toMatchObject({
      _err: 'stale_feature',
    })
    expect((await score({ feature }, { ...old, authorization: `Bearer ${api.tokens.executor}` })).json()).not.toHaveProperty(
      '_err',
    )
  })
})

describe('POST /api/ml/score/batch', () => {
  const batch = (payload: object, headers: Record<string, string> = {}) =>
    api.app.inject({ method: 'POST', url: '/api/ml/score/batch', headers: { ...host, ...headers }, payload })

  it('answers in order, one audit row each', async () => {
    const features = [goodFeature(Date.now()), { ts: 1 }, goodFeature(Date.now(), { rsi_14: 20, macd_hist: -2, ema_20: 90 })]
    const response = await batch({ features }, { authorization: `Bearer ${api.tokens.operator}` })
    const { answers } = response.json<{ answers: ScoreAnswer[] }>()
    expect(answers.map((answer) => answer.decision)).toEqual([1, 0, -1])
    expect(await auditOf(answers[0]?.traceId ?? '')).toHaveLength(3)
  })

  it('wants a token, JSON by its content type, and at most 1,000 rows', async () => {
    expect((await batch({ features: [{}] })).json()).toMatchObject({ status: 401, code: 'unauthorized' })
    const token = { authorization: `Bearer ${api.tokens.operator}` }
    expect((await batch({ features: [{}] }, { ...token, 'content-type': 'text/plain' })).json()).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    })
    expect((await batch({ features: Array.from({ length: 1001 }, () => ({})) }, token)).json()).toMatchObject({
      status: 400,
      code: 'bad_request',
    })
  })
})

describe('every request', () => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io'])(
    'with Host %s is refused before anything else',
    async (name) => {
      for (const route of ROUTE_LIST) {
        const response = await api.app.inject({ method: route.method, url: route.path, headers: { host: name } })
        expect(response.statusCode).toBe(421)
        expect(response.json()).toMatchObject({ code: 'host_refused' })
      }
    },
  )

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:9999' },
  ])('that a page of another origin sends (%o) cannot write', async (headers: Record<string, string>) => {
    expect((await score({ feature: goodFeature(Date.now()) }, headers)).json()).toMatchObject({
      status: 403,
      code: 'origin_refused',
    })
  })

  it('of a page of the same origin may score', async () => {
    expect((await score({ feature: goodFeature(Date.now()) }, { origin: 'http://localhost:3003' })).statusCode).toBe(200)
  })

  it('is refused with a wrong token, even where none is needed', async () => {
    expect((await score({ feature: {} }, { authorization: 'Bearer wrong' })).json()).toMatchObject({
      status: 401,
      code: 'unauthorized',
    })
  })

  it('from elsewhere is answered without a session or token on healthz, public/* and at the entrance only', async () => {
    for (const route of ROUTE_LIST) {
      const response = await api.app.inject({
        method: route.method,
        url: route.path,
        headers: host,
        remoteAddress: '10.1.2.3',
        ...(route.method === 'GET' ? {} : { payload: {} }),
      })
      expect(response.statusCode === 401, route.name).toBe(!['public', 'entrance'].includes(route.access))
    }
  })

  it('carries build, trace and security headers, also when it is refused', async () => {
    for (const url of ['/api/healthz', '/api/nowhere']) {
      const { headers } = await api.app.inject({ url, headers: host })
      expect(headers['x-build-sha']).toBe(api.config.buildSha)
      expect(headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/)
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
    }
  })

  it('with U+0000 in its URL is refused, which one database could store and the other not', async () => {
    for (const url of ['/api/audit/list?traceId=%00', '/api/strategies/a%00b']) {
      const response = await api.app.inject({ method: 'GET', url, headers: { host: 'localhost' } })
      expect(response.json()).toMatchObject({ status: 400, code: 'bad_request' })
    }
  })

  it('with a URL that cannot be decoded is refused like any other', async () => {
    const response = await api.app.inject({ url: '/api/%zz', headers: host })
    expect(response.json()).toMatchObject({ status: 400, code: 'bad_request' })
    expect(response.headers).toMatchObject({ 'x-build-sha': api.config.buildSha, 'x-frame-options': 'DENY' })
  })

  it('for an unknown route or method is answered as a problem', async () => {
    expect((await api.app.inject({ url: '/api/nowhere', headers: host })).json()).toMatchObject({
      status: 404,
      code: 'not_found',
    })
    const response = await api.app.inject({ url: '/api/ml/score', headers: host })
    expect(response.json()).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(response.headers['allow']).toBe('POST')
  })
})

/** Of routes that do not answer without. */
const QUERIES: Readonly<Record<string, string>> = { modelComparison: '?first=ml-fusion-1.2&second=ml-fusion-1.2' }

describe('reading', () => {
  const get = (url: string) => api.app.inject({ url, headers: host })

  it('every JSON route answers as its schema says', async () => {
    const admin = await administrator(api)
    for (const [name, route] of Object.entries(ROUTES)) {
      // What is asked for by its id is tested beside its route.
      if (route.method !== 'GET' || 'produces' in route || 'params' in route) continue
      const { status, body } = await admin.get(`${route.path}${QUERIES[name] ?? ''}`)
      expect(status, name).toBe(200)
      expect(Value.Check(route.answer, body), `${name}: ${JSON.stringify(body).slice(0, 300)}`).toBe(true)
    }
  })

  it('public/* says DEMO with last known values while the executor is away', async () => {
    for (const url of ['/api/public/alert/last', '/api/public/metrics', '/api/public/smoke-last']) {
      const response = await get(url)
      expect(response.statusCode).toBe(200)
      expect(response.json()).toMatchObject({ _mock: true, status: 'DEMO', last: { at: null, value: null } })
    }
  })

  it('figures are null while nothing was measured', async () => {
    expect((await get('/api/tools/get_metrics')).json()).toMatchObject({
      p95_ms: null,
      staleness_s: null,
      error_rate: null,
      ml_score_per_min: null,
      confid_median: null,
    })
    const { data } = (await get('/api/tools/metrics/timeseries?window=15m')).json<{ data: unknown[] }>()
    expect(data).toHaveLength(1)
    expect((await get('/api/tools/metrics/timeseries?window=2h')).json()).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('the audit is exported as ndjson and csv, oldest first', async () => {
    await score({ feature: goodFeature(Date.now()), strategyId: 'exported' })
    const lines = (await get('/api/audit/export?format=ndjson&strategyId=exported')).body.trim().split('\n')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ strategyId: 'exported', action: 'ml.score' })
    const csv = (await get('/api/audit/export?format=csv&strategyId=exported')).body.split('\n')
    expect(csv[0]).toBe('id,ts,timestamp,action,actor,strategyId,traceId,result,_err,context')
    expect(csv[1]).toContain('exported')
  })

  it('a cursor that is not ours is refused', async () => {
    const response = await api.app.inject({ method: 'POST', url: '/api/audit/list', headers: host, payload: { cursor: 'abc' } })
    expect(response.json()).toMatchObject({ status: 400, code: 'invalid_cursor' })
  })

  it('Prometheus text counts the scores by outcome', async () => {
    await score({ feature: {} })
    expect((await get('/metrics')).body).toMatch(/spark_scores_total\{outcome="error"\} [1-9]/)
  })
})
