import { mkdirSync, writeFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { RehearsalReport } from '@spark/contract/rehearsal'
import { rehearsalFile, rehearsalsDir } from '../rehearsal/rehearsal-files.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createRehearsalStore, type RehearsalStore } from '../storage/rehearsal-store.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let database: MainDatabase
let store: RehearsalStore
beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  store = createRehearsalStore(database.db)
})
beforeEach(async () => {
  for (const table of ['rehearsal', 'queue_job', 'audit_outbox'] as const) await database.db.deleteFrom(table).execute()
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

const get = (url: string) => api.app.inject({ url, headers: { host: 'localhost' } })
async function post(url: string, payload: object) {
  const headers = { host: 'localhost', authorization: `Bearer ${api.tokens.operator}` }
  const response = await api.app.inject({ method: 'POST', url, payload, headers })
  return { status: response.statusCode, ...response.json() } as Record<string, unknown>
}
const actions = async () => (await createAuditOutbox(database.db).next(10)).map(({ event }) => event.action)

it('a rehearsal that is asked for waits as a job, stands in the list and in the audit', async () => {
  const faults = [{ kind: 'latency', atMin: 5, forMin: 20, strength: 1800 }]
  const { status, id } = await post('/api/rehearsals', { seed: 7, faults, reason: 'before the night' })
  expect(status).toBe(200)
  const { items, kinds } = (await get('/api/rehearsals')).json()
  expect(items).toMatchObject([{ id, state: 'waiting', seed: 7, faults: 1, ceiling: 1, progress: 0, reason: 'before the night' }])
  expect(kinds.find(({ kind }: { kind: string }) => kind === 'latency')).toMatchObject({ lasts: true, strength: { unit: 'ms' } })
  const jobs = await database.db.selectFrom('queue_job').select(['queue', 'payload']).execute()
  expect(jobs).toEqual([{ queue: 'job', payload: JSON.stringify({ rehearsal: id }) }])
  expect(await actions()).toEqual(['rehearsal.asked'])
})

it.each([
  ['an unknown kind', [{ kind: 'flood', atMin: 1 }]],
  ['a length for what happens at one moment', [{ kind: 'approve', atMin: 1, forMin: 2 }]],
  ['a strength beyond its range', [{ kind: 'latency', atMin: 1, forMin: 2, strength: 90_000 }]],
  ['more than there may be', 51],
])('faults with %s are refused, and nothing waits', async (_what, faults) => {
  expect(await post('/api/rehearsals', { seed: 1, faults })).toMatchObject({ status: 400, code: 'bad_request' })
  expect(await store.list(10)).toEqual([])
})

it('a model is named by its version; one that is not there is refused, and nothing waits', async () => {
  expect(await post('/api/rehearsals', { seed: 1, model: 'nobody' })).toMatchObject({ status: 404, code: 'unknown_id' })
  expect(await store.list(10)).toEqual([])
  expect(await post('/api/rehearsals', { seed: 1, model: 'ml-fusion-1.2' })).toMatchObject({ status: 200 })
  expect((await get('/api/rehearsals')).json().items).toMatchObject([{ model: 'ml-fusion-1.2' }])
})

it('no more than five wait or run at once', async () => {
  for (let at = 0; at < 5; at++) expect(await post('/api/rehearsals', { seed: at })).toMatchObject({ status: 200 })
  expect(await post('/api/rehearsals', { seed: 6 })).toMatchObject({ status: 409, code: 'too_many_things' })
  const [first] = await store.list(10)
  expect(await post(`/api/rehearsals/${first?.id}/cancel`, {})).toMatchObject({ status: 200 })
  expect(await post('/api/rehearsals', { seed: 6 })).toMatchObject({ status: 200 })
  expect(await post(`/api/rehearsals/${first?.id}/cancel`, {})).toMatchObject({ status: 404, code: 'unknown_id' })
})

it('the report is what the file says, without the figures of every slice', async () => {
  await store.ask(database.db, { id: 'done-1', askedBy: 'operator', askedAt: 1, reason: null, ask: { seed: 1 } })
  expect((await get('/api/rehearsals/done-1')).json()).toMatchObject({ rehearsal: { state: 'waiting' }, report: null })
  expect((await get('/api/rehearsals/done-1/page')).statusCode).toBe(404)
  await store.end('done-1', { state: 'done', ok: true, said: 'ended in done', nowMs: 2 })
  mkdirSync(rehearsalsDir(api.config.dataDir), { recursive: true })
  const told = {
    said: 'ended in done',
    problems: [],
    criteria: [{ name: 'p95', met: true, value: 23.1, target: '< 1000 ms' }],
    phase: 'done',
    lastedMs: 1000,
    strategies: 4,
    judged: { verdict: 'unproven', labels: 40, rounds: 12 },
    steps: [{ name: 'preview', fromMs: 0, toMs: 1000, exposed: 0, ml: 0, baseline: 2 }],
    timeline: [{ sinceMs: 0, kind: 'decision', text: 'the rollout begins in preview' }],
    digest: 'ab',
  }
  writeFileSync(rehearsalFile(api.config.dataDir, 'done-1', 'json'), JSON.stringify({ ...told, gates: [], seed: 1 }))
  writeFileSync(rehearsalFile(api.config.dataDir, 'done-1', 'html'), '<title>x</title>')
  const answer = (await get('/api/rehearsals/done-1')).json()
  expect(Value.Check(RehearsalReport, answer)).toBe(true)
  expect(answer).toMatchObject({ rehearsal: { ok: true, progress: 1 }, report: told })
  expect(Object.keys(answer.report).toSorted()).toEqual(Object.keys(told).toSorted())
  const page = await get('/api/rehearsals/done-1/page')
  expect(page.headers['content-disposition']).toContain('attachment')
  expect(page.body).toBe('<title>x</title>')
})

it('there is nothing for an id that nobody asked for', async () => {
  expect((await get('/api/rehearsals/no-such')).json()).toMatchObject({ code: 'unknown_id' })
})
