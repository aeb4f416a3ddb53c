import { createLabelStream } from '@spark/core/calibration/label-stream'
import { labelThat } from '@spark/core/calibration/label-fixture'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { addRound, createEvidence, judgeModel } from '@spark/core/calibration/verdict'
import { ML_FUSION_1_2, modelHash, type Model } from '@spark/core/signal/model'
import type { ScoreAnswer } from '@spark/contract/ml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../sha256.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { createLabelStore } from '../storage/label-store.ts'
import { createModelStore, type ModelStore } from '../storage/model-store.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { goodFeature } from './feature-fixture.ts'

const HOUR = 3_600_000
const BTC = { symbol: 'BTCUSDT', tf: '1h' } as const
const CHAMPION = ML_FUSION_1_2.version
const LEARNED: Model = { ...ML_FUSION_1_2, version: 'ml-fusion-1.2+l.1', kappa: 2, parent: CHAMPION, trainedAt: 5 }
const EXPIRED: Model = { ...ML_FUSION_1_2, version: 'ml-fusion-1.2+l.0', expiresAt: 1 }

let api: ApiFixture
let database: MainDatabase
let models: ModelStore
beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  models = createModelStore(database.db)
  for (const model of [EXPIRED, LEARNED]) await models.put(model, modelHash(model, sha256), 10)
  await models.setAlias('challenger', LEARNED.version, 10)
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

type Answer = Record<string, unknown> & { status: number; items?: Record<string, unknown>[] }
const headers = () => ({ host: 'localhost', authorization: `Bearer ${api.tokens.operator}` })
async function call(path: string, payload?: object): Promise<Answer> {
  const method = payload === undefined ? 'GET' : 'POST'
  const response = await api.app.inject({ method, url: `/api/models${path}`, headers: headers(), ...(payload && { payload }) })
  return { ...(response.json() as object), status: response.statusCode }
}

/** A decision an hour of both, of which each is right so often in ten. */
async function keepLabels(count: number, right: Record<string, number>): Promise<void> {
  const labels = Object.entries(right).flatMap(([model, hits]) =>
    Array.from({ length: count }, (_, hour) => {
      const times = { ts: hour * HOUR, entryTs: (hour + 1) * HOUR, exitTs: (hour + 3) * HOUR }
      return { model, label: { ...labelThat((hour * 7) % 10 < hits), ...times, parts: { rsi: 0, macd: 0, trend: 0 } } }
    }),
  )
  const stream = { stream: BTC, source: 'sim', lastTs: (count - 1) * HOUR, state: createLabelStream('1h') }
  await createLabelStore(database.db).saveStream(stream, { fromTs: null, labels, nowMs: 1 })
}

describe('the list of models', () => {
  it('says of each version what it is, what points at it and whether it may be used', async () => {
    const { items = [] } = await call('')
    expect(Object.fromEntries(items.map(({ version, state, aliases }) => [version, [state, aliases]]))).toMatchObject({
      [CHAMPION]: ['usable', ['champion']],
      [LEARNED.version]: ['usable', ['challenger']],
      [EXPIRED.version]: ['expired', []],
    })
    const path = `/${encodeURIComponent(LEARNED.version)}`
    expect(await call(path)).toMatchObject({
      status: 200,
      hash: modelHash(LEARNED, sha256),
      parent: CHAMPION,
      kappa: 2,
      labels: 0,
      verdict: 'unproven',
      evidence: null,
    })
    expect(await call('/nobody')).toMatchObject({ status: 404, code: 'unknown_id' })
  })

  it('tells the verdict and its labels, and what a learned version rests on, as they are stored', async () => {
    const { version } = EXPIRED
    const evidence = createEvidence(DEFAULT_BARRIERS)
    for (let round = 0; round < 30; round += 1) addRound(evidence, [{ model: labelThat(false), baseline: null }])
    const next = { evidence, roundsTo: 1, verdict: judgeModel(evidence), leftOut: [] }
    await createLabelStore(database.db).saveEvidence(version, next, { fromTo: null, counted: [], nowMs: 1 })
    const row = { model: version, parent: CHAMPION, evidence: JSON.stringify({ labels: 200 }), created_at: 1 }
    await database.db.insertInto('model_training').values(row).execute()
    const view = { labels: 30, verdict: 'worse_than_baseline', evidence: { labels: 200 } }
    expect(await call(`/${encodeURIComponent(version)}`)).toMatchObject(view)
    expect((await call('')).items).toContainEqual(expect.objectContaining({ version, ...view }))
  })

  it('says that a document was damaged, and shows none of its numbers', async () => {
    const version = 'ml-fusion-1.2+damaged'
    await models.put({ ...ML_FUSION_1_2, version }, 'another hash', 20)
    expect(await call(`/${version}`)).toMatchObject({ state: 'damaged', weights: null, kappa: null, hash: 'another hash' })
  })
})

it('a candidate that came while the api runs is scored by its version and by its alias', async () => {
  const scoreBy = async (modelId: string) => {
    const payload = { feature: goodFeature(Date.now()), modelId }
    const response = await api.app.inject({ method: 'POST', url: '/api/ml/score', headers: headers(), payload })
    return response.json<ScoreAnswer>().modelVersion
  }
  // Whatever the last look did not see, the next one does.
  await api.app.inject({ url: '/api/rollout', headers: headers() })
  expect(await scoreBy('challenger')).toBe(LEARNED.version)
  expect(await scoreBy(LEARNED.version)).toBe(LEARNED.version)
  expect(await scoreBy('champion')).toBe(CHAMPION)
})

describe('two models compared', () => {
  const path = `/compare?first=${encodeURIComponent(LEARNED.version)}&second=${CHAMPION}`
  it('have no figure without labels that both have, then those of the labels', async () => {
    expect(await call(path)).toEqual({
      status: 200,
      first: { model: LEARNED.version, netReturn: null, hitRate: null },
      second: { model: CHAMPION, netReturn: null, hitRate: null },
      labels: 0,
      rounds: 0,
      fromTs: null,
      toTs: null,
      full: false,
      difference: null,
      better: null,
      labelsToTell: null,
    })
    await keepLabels(600, { [LEARNED.version]: 8, [CHAMPION]: 4 })
    const found = await call(path)
    expect(found).toMatchObject({ better: 'first', fromTs: HOUR })
    // Decided before the labels of that time were due, and every second one: they do not overlap.
    expect(found['labels']).toBe(294)
    expect(found['difference']).toMatchObject({ mean: expect.closeTo(0.8, 1) })
    expect(await call(`/compare?first=${CHAMPION}&second=nobody`)).toMatchObject({ status: 404 })
  })
})

it.each([
  [EXPIRED, modelHash(EXPIRED, sha256), `the model ${EXPIRED.version} has expired at 1970-01-01T00:00:00.001Z`],
  [{ ...ML_FUSION_1_2, version: 'changed' }, 'another hash', 'the model changed is damaged'],
])('a rollout of a model that cannot be scored with is refused and says why', async (model, hash, why) => {
  await models.put(model, hash, 10)
  const payload = { model: model.version, reason: 'a try' }
  const response = await api.app.inject({ method: 'POST', url: '/api/rollout/start', headers: headers(), payload })
  expect(response.json()).toMatchObject({ code: 'rollout_refused', detail: expect.stringContaining(why) })
})

describe('the alias shadow', () => {
  it('is set and taken away by a person, each with an audit row', async () => {
    expect(await call('/shadow', { version: LEARNED.version, reason: 'to see' })).toMatchObject({ status: 200 })
    expect((await models.aliases())['shadow']).toBe(LEARNED.version)
    expect(await call('/shadow', { version: null, reason: 'seen' })).toMatchObject({ status: 200 })
    expect(await models.aliases()).not.toHaveProperty('shadow')
    const events = (await createAuditOutbox(database.db).next(100)).map(({ event }) => event)
    expect(events.filter(({ action }) => action === 'model.shadow').map(({ actor, context }) => ({ actor, ...context }))).toEqual(
      [
        { actor: 'operator', before: null, after: LEARNED.version, reason: 'to see' },
        { actor: 'operator', before: LEARNED.version, after: null, reason: 'seen' },
      ],
    )
  })

  it('does not go to a model that is expired, champion or not there, nor by who may only read', async () => {
    const ask = (version: string) => call('/shadow', { version, reason: 'to see' })
    expect(await ask(EXPIRED.version)).toMatchObject({
      status: 409,
      code: 'model_refused',
      detail: `${EXPIRED.version} is expired`,
    })
    expect(await ask(CHAMPION)).toMatchObject({ status: 409, code: 'model_refused' })
    expect(await ask('nobody')).toMatchObject({ status: 404 })
    const payload = { version: LEARNED.version, reason: 'to see' }
    const response = await api.app.inject({ method: 'POST', url: '/api/models/shadow', headers: { host: 'localhost' }, payload })
    expect(response.statusCode).toBe(401)
    expect(await models.aliases()).not.toHaveProperty('shadow')
  })
})
