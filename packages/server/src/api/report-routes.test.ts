import { createPublicKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ReportAnswer } from '@spark/contract/report'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { DAY, DAY_TO_MS, openHouse, type ReportHouse } from '../report/report-fixture.ts'
import { createReports } from '../report/run-reports.ts'
import { verifyEvidence } from '../report/verify-evidence.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { publicKeyFile } from '../storage/audit/signing-key.ts'
import { administrator, person, type Browser } from './account-fixture.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let house: ReportHouse
let clock: ManualClock
let ops: Browser
let risk: Browser
beforeAll(async () => {
  clock = new ManualClock(DAY_TO_MS + 3_600_000)
  api = await startApi({}, { clock })
  const admin = await administrator(api)
  ops = await person(api, admin, 'olga', 'operator')
  risk = await person(api, admin, 'rita', 'risk')
  house = await openHouse(api.config.dataDir, true)
}, 60_000)
beforeEach(async () => {
  for (const table of ['report_signature', 'report', 'queue_job', 'audit_outbox'] as const)
    await house.deps.db.deleteFrom(table).execute()
})
afterAll(async () => {
  await house.close()
  await api.remove()
})

const get = (url: string) => api.app.inject({ url, headers: { host: 'localhost' } })
const make = () => createReports({ ...house.deps, clock, log: createLog('test', 'silent') })
const actions = async () => (await createAuditOutbox(house.deps.db).next(20)).map(({ event }) => event.action)

it('a report that is asked for waits as a job, once for its period, and is made by the executor', async () => {
  const ask = () => ops.post('/api/reports', { kind: 'day', day: '2026-01-31', reason: 'the board meets' })
  expect(await ask()).toMatchObject({ status: 200, body: { id: DAY.id } })
  expect(await ask()).toMatchObject({ status: 200, body: { id: DAY.id } })
  const jobs = await house.deps.db.selectFrom('queue_job').select(['queue', 'payload']).execute()
  expect(jobs).toEqual([{ queue: 'job', payload: JSON.stringify({ report: DAY.id }) }])
  expect(await actions()).toEqual(['report.asked'])
  expect((await get(`/api/reports/${DAY.id}`)).json()).toMatchObject({
    view: { state: 'waiting', askedBy: 'olga' },
    report: null,
  })
  expect((await get(`/api/reports/${DAY.id}/evidence`)).statusCode).toBe(404)
  await make().run(DAY.id)
  const answer = (await get(`/api/reports/${DAY.id}`)).json()
  expect([...Value.Errors(ReportAnswer, answer)]).toEqual([])
  expect(answer).toMatchObject({ view: { state: 'done', kind: 'day' }, report: { id: DAY.id, prepared: { by: 'olga' } } })
})

it.each([
  ['a day that is not over', { kind: 'day', day: '2026-02-01' }, 400],
  ['what is no day', { kind: 'day', day: '2026-02-31' }, 400],
  ['a rollout that there is not', { kind: 'rollout', rollout: 'rollout-9' }, 404],
  ['what is no period', { kind: 'week' }, 400],
])('%s is refused, and nothing waits', async (_what, ask, status) => {
  expect(await ops.post('/api/reports', ask)).toMatchObject({ status })
  expect(await house.deps.store.list(10)).toEqual([])
})

it('is read as JSON, as Markdown and as a page in both languages, and with its evidence', async () => {
  await make().daily()
  const md = await get(`/api/reports/${DAY.id}?format=md&lang=tr`)
  expect(md.headers['content-type']).toBe('text/markdown; charset=utf-8')
  expect(md.body).toContain('# 📊 ML SCORING GO-LIVE RAPORU')
  const html = await get(`/api/reports/${DAY.id}?format=html`)
  expect(html.headers['content-disposition']).toBe(`attachment; filename="spark-report-${DAY.id}.en.html"`)
  expect(html.body).toContain('<html lang="en">')
  const zip = await get(`/api/reports/${DAY.id}/evidence`)
  expect(zip.headers['content-type']).toBe('application/zip')
  const { view } = (await get(`/api/reports/${DAY.id}`)).json()
  expect(zip.rawPayload.length).toBe(view.evidence.bytes)
  const file = join(api.config.dataDir, 'downloaded.zip')
  writeFileSync(file, zip.rawPayload)
  const key = createPublicKey(readFileSync(publicKeyFile(api.config.signingKeyFile)))
  expect(await verifyEvidence(file, key)).toMatchObject({ ok: true })
})

it('is reviewed by one person and approved by another, each once and in the audit', async () => {
  const sign = (by: Browser, as: string) => by.post(`/api/reports/${DAY.id}/${as}`, { reason: 'read it' })
  expect(await sign(ops, 'review')).toMatchObject({ status: 404 })
  await make().daily()
  expect(await sign(ops, 'approve')).toMatchObject({ status: 403 })
  expect(await sign(risk, 'review')).toMatchObject({ status: 200 })
  expect(await sign(ops, 'review')).toMatchObject({ status: 400 })
  expect(await sign(risk, 'approve')).toMatchObject({ status: 400 })
  // Nor with a token of hers: it is the same person.
  const { body } = await risk.post('/api/tokens', { name: 'night', permissions: ['canApproveReports'], days: 1 })
  const own = { host: 'localhost', authorization: `Bearer ${String(body['secret'])}` }
  const refused = await api.app.inject({ method: 'POST', url: `/api/reports/${DAY.id}/approve`, payload: {}, headers: own })
  expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([400, expect.stringMatching(/another person$/)])
  const token = { host: 'localhost', authorization: `Bearer ${api.tokens.operator}` }
  const approved = await api.app.inject({ method: 'POST', url: `/api/reports/${DAY.id}/approve`, payload: {}, headers: token })
  expect(approved.statusCode).toBe(200)
  const { items } = (await get('/api/reports')).json()
  expect(items[0].signatures).toMatchObject([
    { as: 'approved', by: 'operator', at: clock.nowMs() },
    { as: 'reviewed', by: 'rita', at: clock.nowMs() },
  ])
  expect((await get(`/api/reports/${DAY.id}?format=md`)).body).toContain('**Reviewed by:** rita')
  expect(await actions()).toEqual(['report.reviewed', 'token.created', 'report.approved'])
})

it('no more than five wait', async () => {
  for (let at = 0; at < 5; at++) {
    clock.step(60_000)
    expect(await ops.post('/api/reports', { kind: 'last' })).toMatchObject({ status: 200 })
  }
  clock.step(60_000)
  expect(await ops.post('/api/reports', { kind: 'last' })).toMatchObject({ status: 409, body: { code: 'too_many_things' } })
})
