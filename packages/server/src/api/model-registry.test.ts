import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import type { ScoreAnswer } from '@spark/contract/ml'
import { installModels, modelWithWeights } from '../champion.ts'
import { SHORT_PLAN, rolloutStage } from '../rollout/rollout-stage-fixture.ts'
import { createModelStore } from '../storage/model-store.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { goodFeature } from './feature-fixture.ts'
import { loadModelRegistry } from './model-registry.ts'

let api: ApiFixture | undefined
afterEach(() => api?.remove())

it.each([
  ['whose hash differs', "update model set hash = 'x'"],
  ['whose weights were changed', `update model set document = replace(document, '"kappa":3', '"kappa":4')`],
  ['that is no JSON', "update model set document = '{'"],
  ['with a number that no JSON has', `update model set document = replace(document, '"kappa":3', '"kappa":1e999')`],
])('a stored model %s is unavailable: the api starts and answers closed', async (_what, sql) => {
  const first = await startApi()
  await first.stop()
  const db = new DatabaseSync(join(first.config.dataDir, 'spark.db'))
  for (const { name } of db.prepare("select name from sqlite_master where type = 'trigger' and tbl_name = 'model'").all())
    db.exec(`drop trigger "${String(name)}"`)
  expect(db.prepare(sql).run().changes).toBe(1)
  db.close()
  api = await startApi({}, { dataDir: first.config.dataDir })
  const response = await api.app.inject({
    method: 'POST',
    url: '/api/ml/score',
    headers: { host: 'localhost' },
    payload: { feature: goodFeature(Date.now()) },
  })
  expect(response.json<ScoreAnswer>()).toMatchObject({ _err: 'model_unavailable', decision: 0, confid: 0, advisory: true })
})

it('the champion before stays loaded when a rollout of another one is done, and is champion again after its rollback', async () => {
  const stage = await rolloutStage()
  onTestFinished(() => stage.close())
  const models = createModelStore(stage.parts.stores.db)
  await installModels(models, null, 1)
  const registry = await loadModelRegistry(models)
  const candidate = await modelWithWeights(models, { rsi: 0.5, macd: 0.3, trend: 0.2 }, 1)
  if (candidate === null) throw new Error('no candidate')
  const steps = SHORT_PLAN.steps.map((step) => ({ ...step, dwellMs: 5 * 60_000 }))
  await stage.begin({ plan: { ...SHORT_PLAN, steps }, model: candidate })
  const loaded = async () => {
    await registry.follow(null)
    const versions = [candidate.version, 'ml-fusion-1.2'].map((version) => registry.usable(version)?.version)
    return [registry.usable()?.version, ...versions]
  }
  await stage.tick(28)
  expect(await loaded()).toEqual([candidate.version, candidate.version, 'ml-fusion-1.2'])
  await stage.say('rollback')
  expect(await loaded()).toEqual(['ml-fusion-1.2', candidate.version, 'ml-fusion-1.2'])
})
