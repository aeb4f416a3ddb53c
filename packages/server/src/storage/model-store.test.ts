import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { createModelStore } from './model-store.ts'
import { onPostgres, openTestDatabase } from './main-database-fixture.ts'
import { createSmokeStore } from './smoke-store.ts'

async function openDb() {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  return database.db
}

it('a model is stored once and never changes', async () => {
  const db = await openDb()
  const store = createModelStore(db)
  await store.put(ML_FUSION_1_2, 'hash-1', 10)
  await store.put(ML_FUSION_1_2, 'hash-1', 20)
  expect(await store.list()).toEqual([{ version: 'ml-fusion-1.2', document: ML_FUSION_1_2, hash: 'hash-1', createdAt: 10 }])
  await expect(store.put({ ...ML_FUSION_1_2, kappa: 4 }, 'hash-2', 30)).rejects.toMatchObject({ code: 'model_conflict' })
  for (const statement of [
    "update model set document = '{}'",
    'delete from model',
    onPostgres() ? 'truncate model cascade' : "replace into model values ('ml-fusion-1.2', '{}', 'x', 1)",
  ]) {
    await expect(sql.raw(statement).execute(db)).rejects.toThrow('model is append-only')
  }
  expect(await store.get(ML_FUSION_1_2.version)).toMatchObject({ document: ML_FUSION_1_2 })
  expect(await store.get('none')).toBeNull()
})

it('a damaged document is read as none and hides no other model', async () => {
  const db = await openDb()
  const store = createModelStore(db)
  await store.put(ML_FUSION_1_2, 'hash', 10)
  const damaged = ['{"version":', '', 'null', '5', '[]']
  for (const [at, document] of damaged.entries()) {
    await db
      .insertInto('model')
      .values({ version: `damaged-${at}`, document, hash: 'hash', created_at: 20 })
      .execute()
  }
  const rest = damaged.map((_, at) => ({ version: `damaged-${at}`, document: null, hash: 'hash', createdAt: 20 }))
  expect(await store.list()).toEqual([
    { version: ML_FUSION_1_2.version, document: ML_FUSION_1_2, hash: 'hash', createdAt: 10 },
    ...rest,
  ])
  expect(await store.get('damaged-0')).toEqual(rest[0])
})

it('an alias points at a stored version', async () => {
  const store = createModelStore(await openDb())
  await store.put(ML_FUSION_1_2, 'a', 1)
  await store.put({ ...ML_FUSION_1_2, version: 'v2' }, 'b', 1)
  await store.setAlias('champion', 'ml-fusion-1.2', 1)
  await store.setAlias('champion', 'v2', 2)
  await store.setAlias('shadow', 'ml-fusion-1.2', 2)
  await expect(store.setAlias('shadow', 'unknown', 3)).rejects.toThrow(/foreign key/i)
  expect(await store.aliases()).toEqual({ champion: 'v2', shadow: 'ml-fusion-1.2' })
})

it('the last preflight is the newest one', async () => {
  const store = createSmokeStore(await openDb())
  expect(await store.last()).toBeNull()
  const run = {
    ts: 2,
    ok: false,
    version: '1.5.0',
    buildSha: 'abc',
    checks: [{ name: 'api', ok: false, detail: 'down', durationMs: 1.5 }],
  }
  await store.put(run)
  await store.put({ ...run, ts: 1, ok: true })
  expect(await store.last()).toEqual(run)
})
