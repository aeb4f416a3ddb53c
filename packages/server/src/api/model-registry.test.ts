import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { ScoreAnswer } from '@spark/contract/ml'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { goodFeature } from './feature-fixture.ts'

let api: ApiFixture
afterEach(() => api.remove())

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
