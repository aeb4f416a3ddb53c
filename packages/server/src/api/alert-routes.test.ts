import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { createAlerts, type Alerts } from '../notify/alerts.ts'
import { systemRandomness } from '../random.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let database: MainDatabase
let alerts: Alerts
beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  alerts = createAlerts({ db: database.db, rules: alertRulesOf(api.config), clock: systemClock, random: systemRandomness })
})
beforeEach(async () => {
  for (const table of ['queue_job', 'audit_outbox', 'alert'] as const) await database.db.deleteFrom(table).execute()
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

const raise = (code: string, severity: 'red' | 'yellow' = 'red') =>
  database.db
    .transaction()
    .execute((trx) => alerts.raise(trx, { severity, code, scope: 'venue:paper', message: `${code} happened` }))
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
interface Listed {
  id: number
  code: string
  change: number
}
const list = async (query = ''): Promise<Answer & { items: Listed[] }> => {
  const answer = await call('GET', `/api/alerts${query}`, undefined, '')
  return { ...answer, items: answer['items'] as Listed[] }
}
const codes = async (query: string) => (await list(query)).items.map(({ code }) => code).join('')
const idOf = async (code: string) => (await list()).items.find((alert) => alert.code === code)?.id ?? 0
const audited = () => database.db.selectFrom('audit_outbox').select('event').orderBy('id', 'desc').executeTakeFirstOrThrow()

describe('GET /api/alerts', () => {
  it('lists what was raised with its state, by state and severity, page by page', async () => {
    await raise('a')
    await raise('b', 'yellow')
    await raise('c')
    await call('POST', `/api/alerts/${await idOf('a')}/acknowledge`, {})
    expect(await codes('')).toBe('cba')
    expect(await codes('?state=open&severity=red')).toBe('ca')
    expect(await codes('?state=acknowledged')).toBe('a')
    const first = await list('?limit=2')
    expect(first.items.map(({ code }) => code)).toEqual(['c', 'b'])
    const second = await list(`?limit=2&cursor=${String(first['nextCursor'])}`)
    expect([second.items.map(({ code }) => code), second['nextCursor']]).toEqual([['a'], null])
    expect(first.items[0]).toMatchObject({ severity: 'red', state: 'firing', scope: 'venue:paper', message: 'c happened' })
    expect(first.items[0]).not.toHaveProperty('told')
  })

  it('tells who follows it what changed since', async () => {
    await raise('a')
    await raise('b')
    const { change } = await list()
    expect(await codes(`?after=${String(change)}`)).toBe('')
    await raise('a')
    expect(await codes(`?after=${String(change)}`)).toBe('a')
    expect(await codes('?after=0')).toBe('ba')
  })

  it.each(['?state=burning', '?severity=green', '?limit=0', '?after=-1', '?after=1&state=open', '?cursor=x', '?what=1'])(
    'with %s is refused',
    async (query) => expect((await list(query)).status).toBe(400),
  )
})

describe('a person', () => {
  it('acknowledges, snoozes and resolves with a reason, which the audit keeps with who it was', async () => {
    await raise('a')
    const path = `/api/alerts/${await idOf('a')}`
    expect(await call('POST', `${path}/acknowledge`, { reason: 'I look' })).toMatchObject({
      status: 200,
      state: 'acknowledged',
      changedBy: 'operator',
      reason: 'I look',
    })
    const snoozed = await call('POST', `${path}/snooze`, { minutes: 30, reason: 'known' })
    expect(snoozed).toMatchObject({ state: 'snoozed', reason: 'known' })
    expect(Number(snoozed['snoozedUntil']) - systemClock.nowMs()).toBeGreaterThan(29 * 60_000)
    expect(await call('POST', `${path}/resolve`, { reason: 'mended' })).toMatchObject({ state: 'resolved', snoozedUntil: null })
    expect(JSON.parse((await audited()).event)).toMatchObject({
      action: 'alert.resolved',
      actor: 'operator',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      context: { code: 'a', reason: 'mended' },
    })
    expect(await call('POST', `${path}/acknowledge`, {})).toMatchObject({ status: 409, code: 'alert_over' })
  })

  it('needs a token, a reason to silence, and an alert that is there', async () => {
    await raise('a')
    const path = `/api/alerts/${await idOf('a')}`
    expect(await call('POST', `${path}/acknowledge`, {}, '')).toMatchObject({ status: 401 })
    for (const body of [
      { minutes: 30 },
      { minutes: 0, reason: 'r' },
      { minutes: 1e6, reason: 'r' },
      { minutes: 1.5, reason: 'r' },
    ])
      expect(await call('POST', `${path}/snooze`, body)).toMatchObject({ status: 400 })
    expect(await call('POST', `${path}/resolve`, {})).toMatchObject({ status: 400 })
    for (const id of ['999999', 'x', '1e3'])
      expect(await call('POST', `/api/alerts/${id}/acknowledge`, {})).toMatchObject({ status: 404, code: 'unknown_id' })
    expect(await codes('?state=firing')).toBe('a')
  })
})
