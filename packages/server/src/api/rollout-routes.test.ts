import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { systemRandomness } from '../random.ts'
import { rolloutPartsOf } from '../rollout/rollout-parts.ts'
import { SHORT_PLAN, START_MS, installStrategies, stageOn, type RolloutStage } from '../rollout/rollout-stage-fixture.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { administrator, person } from './account-fixture.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { goodFeature } from './feature-fixture.ts'

let api: ApiFixture
let database: MainDatabase
let stage: Omit<RolloutStage, 'folder'>
beforeEach(async () => {
  const clock = new ManualClock(START_MS)
  api = await startApi({}, { clock })
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  const stores = createTradingStores(database.db)
  stage = stageOn(rolloutPartsOf({ stores, config: api.config, clock, random: systemRandomness }), clock)
  await installStrategies(stage.parts)
})
afterEach(async () => {
  await database.close()
  await api.remove()
})

interface Answer {
  status: number
  [field: string]: unknown
}
const call = async (method: 'GET' | 'POST', url: string, payload?: object, token = api.tokens.operator): Promise<Answer> => {
  const response = await api.app.inject({
    method,
    url,
    ...(payload !== undefined && { payload }),
    headers: { host: 'localhost', ...(token !== '' && { authorization: `Bearer ${token}` }) },
  })
  return { status: response.statusCode, ...(response.json() as object) }
}
const get = (url: string) => call('GET', url, undefined, '')
const post = (verb: string, payload: object, token?: string) => call('POST', `/api/rollout/${verb}`, payload, token)
const reason = 'a test'

describe('before the first rollout', () => {
  it('there is none to see or to command', async () => {
    expect(await get('/api/rollout')).toMatchObject({ status: 200, id: null, phase: 'none' })
    expect(await get('/api/rollout/history')).toEqual({ status: 200, items: [] })
    expect(await post('pause', { reason })).toMatchObject({ status: 404, code: 'no_rollout' })
  })

  it('one begins in preview, and what it must not do is refused with the arithmetic', async () => {
    expect(await post('start', { reason }, '')).toMatchObject({ status: 401 })
    expect(await post('start', { reason, ceiling: '0.05' })).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await post('start', { reason, ceiling: '0.1', model: 'nobody' })).toMatchObject({ code: 'rollout_refused' })
    expect(await post('start', { reason, id: 'rollout-2' })).toMatchObject({
      code: 'rollout_refused',
      detail: 'the id rollout-2 is not the next one; the next is rollout-1',
    })
    const started = await post('start', { reason, ceiling: '0.5', id: 'rollout-1' })
    expect(started).toMatchObject({
      status: 200,
      decision: 'start',
      rollout: { id: 'rollout-1', phase: 'preview', ceiling: 0.5, startedBy: 'operator', model: { version: 'ml-fusion-1.2' } },
    })
    expect(await post('start', { reason })).toMatchObject({
      status: 409,
      code: 'rollout_refused',
      detail: 'a rollout is under way; roll it back or wait for its end',
    })
    expect(await post('start', { reason, id: 'rollout-1' })).toMatchObject({
      status: 409,
      code: 'rollout_refused',
      detail: expect.stringContaining(
        'the id rollout-1 was used before, and an id is never used twice; the next is rollout-2',
      ) as string,
    })
    await database.db.deleteFrom('rollout_member').execute()
    await database.db.deleteFrom('rollout').execute()
    await database.db.deleteFrom('strategy').where('id', '!=', 's-0').execute()
    expect(await post('start', { reason })).toMatchObject({
      detail: expect.stringContaining('0.1 × 1 strategies = 0.1') as string,
    })
  })
})

describe('a live rollout', () => {
  beforeEach(async () => {
    await stage.begin({ ceiling: 0.1 })
    await stage.tick(16)
  })

  it('is seen whole, in figures and in one sentence', async () => {
    const view = await get('/api/rollout')
    expect(view).toMatchObject({
      status: 200,
      id: 'rollout-1',
      phase: 'live',
      subState: 'holding',
      step: { index: 1, name: '10 %' },
      share: 0.1,
      ceiling: 0.1,
      dwell: { neededS: 600 },
      exposure: { share: 0.1, strategies: 2, of: 20, capital: '200', ofCapital: '2000' },
      epoch: 1,
      mlOff: false,
      floor: { effective: 0.55, base: 0.55 },
      pollIntervalMs: { effective: 60_000, base: 60_000 },
      breaches: { inStep: 0, total: 0, critical: 0, ended: [] },
      paused: null,
      successCriteria: null,
      cooldownUntil: null,
    })
    expect(view['reasons']).toContain('the approved ceiling is 10 %')
    expect(view['sentence']).toMatch(/^10 % acts on ML: it waits \(the approved ceiling is 10 %.*50 % at the earliest/)
    expect(view['gates']).toHaveLength(6)
    expect(view['gates']).toContainEqual(
      expect.objectContaining({ gate: 'p95', state: 'ok', good: 1000, critical: 1500, holdS: 900 }),
    )
  })

  it('without a lease exposes nobody, whatever its step says', async () => {
    stage.clock.step(31_000)
    expect(await get('/api/rollout')).toMatchObject({ share: 0.1, exposure: { share: 0, strategies: 0 } })
  })

  it('is paused, resumed, approved, promoted; each answer shows what is now', async () => {
    expect(await post('pause', { reason })).toMatchObject({
      status: 200,
      decision: 'pause',
      rollout: { subState: 'paused', paused: { by: 'operator', since: stage.clock.nowMs() } },
    })
    expect(await post('pause', { reason })).toMatchObject({ status: 409, detail: 'the rollout is paused by operator already' })
    expect(await post('resume', { reason })).toMatchObject({ rollout: { paused: null } })
    expect(await post('approve', { reason })).toMatchObject({
      rollout: { approval: { by: 'operator', until: stage.clock.nowMs() + SHORT_PLAN.approvalMs } },
    })
    expect(await post('promote', { reason, share: 1 })).toMatchObject({ rollout: { ceiling: 1, dwell: { servedS: 600 } } })
    expect(await post('promote', { reason, share: 2 })).toMatchObject({ status: 400 })
    expect(await post('pause', {})).toMatchObject({ status: 400 })
  })

  it('goes preview-only, and says what it needs to come back', async () => {
    expect(await post('preview', { reason })).toMatchObject({
      decision: 'preview_only',
      epoch: 2,
      onTheWire: [],
      rollout: {
        phase: 'preview_only',
        share: 0,
        exposure: { strategies: 0 },
        reasons: ['the processes differ: no api has reported what it runs'],
      },
    })
    expect(await get('/api/ml/version')).toMatchObject({ status: 200 })
  })

  it('is rolled back only when the word is typed, and starts no other before its cool-down', async () => {
    expect(await post('rollback', { reason, confirm: 'yes' })).toMatchObject({ status: 400, code: 'confirmation_missing' })
    expect(await post('rollback', { reason })).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await post('rollback', { reason, confirm: 'rollback' }, '')).toMatchObject({ status: 401 })
    expect(await post('rollback', { reason, confirm: 'rollback' })).toMatchObject({
      decision: 'rollback',
      epoch: 2,
      rollout: { phase: 'rolled_back', subState: 'ended', mlOff: true, endedAt: stage.clock.nowMs() },
    })
    expect(await post('rollback', { reason, confirm: 'rollback' })).toMatchObject({ status: 409, code: 'rollout_refused' })
    expect(await get('/api/rollout/history')).toMatchObject({
      items: [{ id: 'rollout-1', phase: 'rolled_back', phaseReason: `rollback by operator: ${reason}`, share: 0.1 }],
    })
  })

  it('is overridden by two people only, the second by what they have read', async () => {
    const confirm = 'override'
    const admin = await administrator(api)
    const agree = (id: unknown, browser = admin) => browser.post(`/api/rollout/override/${String(id)}/agree`, { confirm })
    expect(await get('/api/rollout/override')).toMatchObject({ asked: null })
    expect(await post('override', { reason, confirm: 'no' })).toMatchObject({ code: 'confirmation_missing' })
    const asked = await post('override', { reason, confirm })
    expect(await get('/api/rollout/override')).toMatchObject({ asked: { id: asked['id'], by: 'operator', reason } })
    expect(await get('/api/rollout')).toMatchObject({ override: null })
    expect(await post(`override/${String(asked['id'])}/agree`, { confirm })).toMatchObject({
      status: 403,
      code: 'second_person_needed',
    })
    const ada = await person(api, admin, 'ada', 'risk')
    const again = await ada.post('/api/rollout/override', { reason: 'another', confirm })
    expect((await agree(asked['id'])).body).toMatchObject({ code: 'unknown_id' })
    expect((await agree(again.body['id'], ada)).body).toMatchObject({ code: 'second_person_needed' })
    expect((await agree(again.body['id'])).body).toMatchObject({
      rollout: { override: { by: 'ada', second: 'admin', reason: 'another' } },
    })
    expect((await agree(again.body['id'])).body).toMatchObject({ code: 'unknown_id' })
  })

  it('an override that nobody agrees to in half an hour is forgotten', async () => {
    const asked = await post('override', { reason, confirm: 'override' })
    stage.clock.step(30 * 60_000)
    const admin = await administrator(api)
    const { body } = await admin.post(`/api/rollout/override/${String(asked['id'])}/agree`, { confirm: 'override' })
    expect(body).toMatchObject({ code: 'unknown_id' })
  })

  it('is killed with everything, and seen so at once', async () => {
    expect(await post('kill', { scope: 'all', reason })).toMatchObject({ status: 200 })
    expect(await get('/api/rollout')).toMatchObject({ phase: 'killed', subState: 'ended' })
    expect(await post('unkill', { scope: 'all', reason, confirm: 'all' })).toMatchObject({ status: 200 })
    expect(await get('/api/rollout')).toMatchObject({ phase: 'off' })
  })

  it('settings are applied through the API, with what they do to it', async () => {
    const body = { values: { FEATURE_ML_SCORING: '0', POLL_INTERVAL_MS: '30000' }, reason }
    expect(await call('POST', '/api/settings/apply', body)).toMatchObject({
      status: 200,
      changes: [
        { name: 'FEATURE_ML_SCORING', before: 'preview', after: '0' },
        { name: 'POLL_INTERVAL_MS', before: '60000', after: '30000' },
      ],
      notes: ['rollout-1 is rolled back'],
      epoch: 2,
    })
    expect(await get('/api/rollout')).toMatchObject({ phase: 'rolled_back', pollIntervalMs: { effective: 30_000 } })
    const wrong = { values: { ML_CONFID_FLOOR: '7' }, reason }
    expect(await call('POST', '/api/settings/apply', wrong)).toMatchObject({ status: 400, code: 'setting_refused' })
    expect(await call('POST', '/api/settings/apply', { values: {}, reason })).toMatchObject({ status: 400 })
    expect(await call('POST', '/api/settings/apply', { values: { SPARK_MODE: 'live' }, reason })).toMatchObject({ status: 400 })
  })
})

it('breaches are listed open and over, and end with their rollout', async () => {
  await stage.begin()
  await stage.tick(16)
  await stage.tick(6, { stalenessS: 61 })
  const open = await get('/api/breaches')
  expect(open).toMatchObject({
    items: [{ rollout: 'rollout-1', gate: 'staleness', endedAt: null, critical: false, threshold: 60 }],
  })
  await stage.tick(20)
  expect(await get('/api/breaches')).toMatchObject({
    items: [{ gate: 'staleness', endedAt: expect.any(Number) as number, worst: 61 }],
  })
  expect(await get('/api/rollout')).toMatchObject({ breaches: { total: 1, ended: [{ gate: 'staleness' }] } })
  await stage.tick(2, { stalenessS: 61 })
  await stage.say('rollback')
  const endedAt = stage.clock.nowMs()
  await stage.tick(2, { deadLetters: 9, stalenessS: 61 })
  expect((await get('/api/breaches'))['items']).toMatchObject([{ gate: 'staleness', endedAt }, { gate: 'staleness' }])
})

it('weights are scored with the model they make while its rollout is under way; the champion stays loaded', async () => {
  const values = { ML_SIGNAL_WEIGHTS: '0.5,0.3,0.2' }
  expect(await call('POST', '/api/settings/apply', { values, reason })).toMatchObject({ status: 200 })
  expect(await get('/api/ml/version')).toMatchObject({ modelVersion: 'ml-fusion-1.2' })
  const started = await post('start', { reason })
  const { version, hash } = (started['rollout'] as { model: { version: string; hash: string } }).model
  expect(version).toMatch(/^ml-fusion-1\.2\+w\.[0-9a-f]{8}$/)
  expect(await get('/api/ml/version')).toMatchObject({ modelVersion: version, modelHash: hash })
  const feature = goodFeature(stage.clock.nowMs())
  expect(await call('POST', '/api/ml/score', { feature })).toMatchObject({ status: 200, modelVersion: version })
  const before = { feature, modelId: 'ml-fusion-1.2' }
  expect(await call('POST', '/api/ml/score', before)).toMatchObject({
    status: 200,
    modelVersion: 'ml-fusion-1.2',
    arm: 'baseline',
  })
  await post('rollback', { reason, confirm: 'rollback' })
  expect(await get('/api/ml/version')).toMatchObject({ modelVersion: 'ml-fusion-1.2' })
})

it('a move of the triage is one call with a token, refused as its own command is', async () => {
  const triage = (move: string, body: object, token?: string) => call('POST', `/api/triage/${move}`, body, token)
  expect(await triage('floor', { reason, value: '0.6' }, '')).toMatchObject({ status: 401 })
  expect(await triage('dance', { reason })).toMatchObject({ status: 400, code: 'bad_request' })
  expect(await triage('floor', {})).toMatchObject({ status: 400 })
  expect(await triage('floor', { reason, value: '0.6' })).toMatchObject({ ok: true, after: { ML_CONFID_FLOOR: '0.6' } })
  expect(await triage('floor', { reason, value: 'high' })).toMatchObject({ status: 400, code: 'setting_refused' })
  expect(await triage('preview-only', { reason })).toMatchObject({ status: 404, code: 'no_rollout' })
  // Nothing listens where the executor would.
  expect(await triage('ping', { reason })).toMatchObject({ status: 200, ok: false })
  await stage.begin()
  expect(await triage('preview-only', { reason })).toMatchObject({ after: { phase: 'preview_only' } })
  expect(await get('/api/rollout')).toMatchObject({ phase: 'preview_only', floor: { effective: 0.6 } })
})
