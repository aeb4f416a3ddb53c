import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createOptimizationStore } from '../storage/optimization-store.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let database: MainDatabase
const strategyId = 's-1'
beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  const strategy = { name: 's', symbol: 'BTCUSDT', tf: '1h', capital: '1000', mode: 'paper', status: 'running', baseline: 'ema' }
  await createStrategyStore(database.db).install([{ id: strategyId, ...strategy } as never], 0)
})
beforeEach(async () => {
  for (const table of ['optimization', 'queue_job', 'audit_outbox'] as const) await database.db.deleteFrom(table).execute()
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

const get = async (url: string) => (await api.app.inject({ url, headers: { host: 'localhost' } })).json()
async function post(url: string, payload: object, token = api.tokens.operator) {
  const headers = { host: 'localhost', ...(token !== '' && { authorization: `Bearer ${token}` }) }
  const response = await api.app.inject({ method: 'POST', url, payload, headers })
  return { status: response.statusCode, ...response.json() } as Record<string, unknown>
}
const optimize = (payload: object, token?: string) => post(`/api/strategies/${strategyId}/optimize`, payload, token)

it('a search that is asked for waits as a job, stands in the list of its strategy and in the audit', async () => {
  const { status, id } = await optimize({ folds: 3, reason: 'a new week' })
  expect(status).toBe(200)
  const { items } = await get(`/api/optimizations?strategyId=${strategyId}`)
  expect(items).toMatchObject([{ id, strategyId, state: 'waiting', progress: 0, ok: null, reason: 'a new week' }])
  expect(await get('/api/optimizations?strategyId=another')).toEqual({ items: [] })
  expect(await get(`/api/optimizations/${String(id)}`)).toMatchObject({ optimization: { id }, proposal: null })
  const jobs = await database.db.selectFrom('queue_job').select(['queue', 'payload']).execute()
  expect(jobs).toEqual([{ queue: 'job', payload: JSON.stringify({ optimization: id }) }])
  const [row] = await createAuditOutbox(database.db).next(10)
  expect(row?.event).toMatchObject({ action: 'optimization.asked', strategyId, context: { optimization: id, folds: 3 } })
})

it('nobody without the permission asks for one, nor for an unknown strategy, nor for too many rules', async () => {
  const list = (count: number) => Array.from({ length: count }, (_, at) => 1 + at / 100)
  const space = { floors: [0.6], profitAtrs: list(50), stopAtrs: list(50), expiryCandles: [6, 12, 24], riskShares: [null] }
  expect(await optimize({}, '')).toMatchObject({ code: 'unauthorized' })
  expect(await post('/api/strategies/nobody/optimize', {})).toMatchObject({ status: 404, code: 'unknown_id' })
  expect(await optimize({ space })).toMatchObject({ status: 400, code: 'bad_request' })
  const twice = { ...space, profitAtrs: [1, 1], stopAtrs: [1] }
  expect(await optimize({ space: twice })).toMatchObject({ status: 400, code: 'bad_request' })
  expect(await createOptimizationStore(database.db).list(10)).toEqual([])
})

it('no more than five wait or run at once, and one may be cancelled', async () => {
  const asked: unknown[] = []
  for (let at = 0; at < 5; at += 1) asked.push((await optimize({}))['id'])
  expect(await optimize({})).toMatchObject({ status: 409, code: 'too_many_things' })
  const cancel = `/api/optimizations/${String(asked[0])}/cancel`
  expect(await post(cancel, {}, '')).toMatchObject({ code: 'unauthorized' })
  expect(await post(cancel, {})).toMatchObject({ status: 200 })
  expect(await post(cancel, {})).toMatchObject({ status: 404, code: 'unknown_id' })
  expect(await optimize({})).toMatchObject({ status: 200 })
})
