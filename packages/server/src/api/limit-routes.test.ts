import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createRiskLimitStore } from '../storage/risk-limit-store.ts'
import { administrator, openBrowser, person, type Browser } from './account-fixture.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let admin: Browser
beforeAll(async () => {
  api = await startApi()
  admin = await administrator(api)
})
afterAll(() => api.remove())

const URL = '/api/risk/limits'
const body = { limits: { maxDailyLoss: '3000' }, reason: 'half the size' }
const limit = async (name: string) => {
  const { limits } = (await admin.get('/api/risk')).body as unknown as AnswerOf<'risk'>
  const { limit: now, fileLimit, changed } = limits.find((one) => one.name === name) ?? {}
  return { now, fileLimit, by: changed?.by ?? null }
}

it('limits are changed by the risk role, shown beside what the file says, and returned to it', async () => {
  const grace = await person(api, admin, 'grace', 'risk')
  expect((await grace.send('PUT', URL, body)).body).toEqual({
    changes: [{ name: 'maxDailyLoss', before: '6000', after: '3000' }],
  })
  expect(await limit('maxDailyLoss')).toEqual({ now: '3000', fileLimit: '6000', by: 'grace' })
  expect(await limit('maxTotalNotional')).toEqual({ now: '150000', fileLimit: '150000', by: null })
  await grace.send('PUT', URL, { limits: { maxDailyLoss: null }, reason: 'back' })
  expect(await limit('maxDailyLoss')).toEqual({ now: '6000', fileLimit: '6000', by: null })
})

it('one that cannot be read as it is stored is marked, until it is set again', async () => {
  const database = await openMainDatabase({ path: api.config.databasePath, thread: false })
  const { db } = database
  const damaged = { name: 'maxDailyLoss', value: 'much', actor: 'ada', changedAt: 1 } as const
  await db.transaction().execute((trx) => createRiskLimitStore(db).put(trx, damaged))
  await database.close()
  const marked = async () => {
    const { limits } = (await admin.get('/api/risk')).body as unknown as AnswerOf<'risk'>
    return limits.filter(({ unreadable }) => unreadable).map(({ name, limit: now, changed }) => [name, now, changed?.by])
  }
  expect(await marked()).toEqual([['maxDailyLoss', '6000', 'ada']])
  const rita = await person(api, admin, 'rita', 'risk')
  await rita.send('PUT', URL, { limits: { maxDailyLoss: null }, reason: 'as the file says' })
  expect(await marked()).toEqual([])
})

it('an operator, a stranger and the executor cannot, so no code of a strategy can', async () => {
  const ada = await person(api, admin, 'ada', 'operator')
  expect(await ada.send('PUT', URL, body)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  const stranger = openBrowser(api.app)
  expect((await stranger.send('PUT', URL, body)).status).toBe(401)
  const executor = { authorization: `Bearer ${api.tokens.executor}` }
  expect(await stranger.send('PUT', URL, body, executor)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(await limit('maxDailyLoss')).toMatchObject({ now: '6000' })
})

it('a value that cannot be, an unknown limit and a missing reason are refused', async () => {
  for (const [wrong, code] of [
    [{ ...body, limits: { maxDailyLoss: 'much' } }, 'setting_refused'],
    [{ ...body, limits: { maxProfit: '1' } }, 'bad_request'],
    [{ ...body, limits: {} }, 'bad_request'],
    [{ limits: body.limits }, 'bad_request'],
  ] as const)
    expect((await admin.send('PUT', URL, wrong)).body).toMatchObject({ status: 400, code })
})
