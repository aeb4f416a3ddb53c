import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Queue } from '../queue/queue.ts'
import { systemRandomness } from '../random.ts'
import { createAlertNoticeStore } from '../storage/alert-notice-store.ts'
import { createAlertStore, type AlertStore, type NewAlert } from '../storage/alert-store.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { openTestDatabase } from '../storage/main-database-fixture.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { isUniqueViolation } from '../storage/storage-error.ts'
import type { AlertRules } from './alert-rules.ts'
import { createAlerts, type Alerts } from './alerts.ts'

const START_MS = 1_700_000_000_000
const MINUTE = 60_000
const DAY = 86_400_000
const RULES: AlertRules = {
  escalateAfterMs: 5 * MINUTE,
  repeatMs: 15 * MINUTE,
  told: ['webhook'],
  escalated: ['webhook', 'telegram'],
}
let database: MainDatabase
let clock: ManualClock
let alerts: Alerts
let store: AlertStore
let queue: Queue

beforeEach(async () => {
  database = await openTestDatabase()
  clock = new ManualClock(START_MS)
  alerts = alertsBy(RULES)
  store = createAlertStore(database.db)
  queue = createDatabaseQueue({ db: database.db, clock, random: systemRandomness })
})
afterEach(() => database.close())

const alertsBy = (rules: AlertRules) => createAlerts({ db: database.db, rules, clock, random: systemRandomness })
const HALT: NewAlert = { severity: 'red', code: 'venue_halted', scope: 'venue:paper', message: 'USDT differs' }
const raise = (change: Partial<NewAlert> = {}) =>
  database.db.transaction().execute((trx) => alerts.raise(trx, { ...HALT, ...change }))
const resolve = (message?: string) =>
  database.db.transaction().execute((trx) => alerts.resolve(trx, HALT.code, HALT.scope, message))
const jobs = async () =>
  (await database.db.selectFrom('queue_job').select(['key', 'run_at']).orderBy('run_at').orderBy('key').execute()).map(
    ({ key, run_at: runAt }) => `${key.replace(/ \d{13}$/, '')} +${(runAt - START_MS) / 1000} s`,
  )
const said = async (group: number) => (await alerts.takeGroup(group)).map(({ kind, message }) => `${kind} ${message}`)
const audited = async () => (await createAuditOutbox(database.db).next(100)).map(({ event }) => `${event.action} ${event.actor}`)
/** Does the looks that are due, as the notifier does. */
const work = async () => {
  for (const job of await queue.lease('notification', { limit: 100, leaseMs: 1000 })) {
    const { look, at } = job.payload as { look?: number; at?: number }
    if (look !== undefined && at !== undefined) await alerts.look(look, at)
    await queue.complete(job)
  }
}
const BY = { actor: 'operator', traceId: 'a'.repeat(32), reason: 'on it' }

describe('what is raised', () => {
  it('is stored with its audit event, its message in two seconds and its look in five minutes', async () => {
    await raise()
    expect(await store.last()).toMatchObject({ ...HALT, id: 1, state: 'firing', ts: START_MS, count: 1, change: 1 })
    expect(await jobs()).toEqual(['alerts 1 webhook +2 s', 'look 1 +300 s'])
    expect(await audited()).toEqual(['alert.raised executor'])
  })

  it('is not there when the transaction of its caller is rolled back', async () => {
    await expect(
      database.db.transaction().execute(async (trx) => {
        await alerts.raise(trx, HALT)
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    expect([await store.last(), await jobs(), await audited()]).toEqual([null, [], []])
  })

  it('within seconds goes out together: five symptoms are one message', async () => {
    for (const code of ['a', 'b', 'c', 'd', 'e']) {
      await raise({ code, severity: 'yellow' })
      clock.step(300)
    }
    expect(await jobs()).toEqual(['alerts 1 webhook +2 s'])
    expect(await said(1)).toHaveLength(5)
  })

  it('after the message is being sent goes into another one: nothing is lost between the two', async () => {
    await raise({ code: 'a', severity: 'yellow' })
    expect(await said(1)).toHaveLength(1)
    await raise({ code: 'b', severity: 'yellow' })
    expect(await jobs()).toEqual(['alerts 1 webhook +2 s', 'alerts 2 webhook +2 s'])
    expect(await said(1)).toHaveLength(1)
    expect(await said(2)).toEqual(['raised USDT differs'])
  })

  it('does not join a message that nothing has sent for ten minutes', async () => {
    await raise({ code: 'a', severity: 'yellow' })
    clock.step(10 * MINUTE)
    await raise({ code: 'b', severity: 'yellow' })
    expect(await jobs()).toEqual(['alerts 1 webhook +2 s', 'alerts 2 webhook +602 s'])
  })

  it('is kept, and told nobody, when no channel is set up', async () => {
    alerts = alertsBy({ ...RULES, told: [], escalated: [] })
    await raise()
    expect(await jobs()).toEqual(['look 1 +300 s'])
    expect(await store.last()).toMatchObject({ state: 'firing' })
  })

  it('has a message of one line, of bounded length', async () => {
    await raise({ message: `first\nsecond \u001b[31m${'x'.repeat(5000)}` })
    expect((await store.last())?.message).toMatch(/^first second +\[31mx{900,}…$/)
    expect((await store.last())?.message).toHaveLength(1000)
  })
})

describe('an alert that nobody acknowledges', () => {
  it('is escalated after five minutes to every channel, and repeated every fifteen', async () => {
    await raise()
    await said(1)
    await work()
    clock.step(5 * MINUTE)
    await work()
    expect(await jobs()).toEqual(['alerts 2 telegram +302 s', 'alerts 2 webhook +302 s', 'look 1 +1200 s'])
    expect(await said(2)).toEqual(['escalated USDT differs (nobody has acknowledged it: spark alerts ack 1)'])
    clock.step(15 * MINUTE)
    await work()
    expect(await store.last()).toMatchObject({ escalations: 2, message: 'USDT differs' })
    expect(await audited()).toEqual(['alert.raised executor', 'alert.escalated executor', 'alert.escalated executor'])
  })

  it('is looked at once, however often the job is done', async () => {
    await raise()
    clock.step(5 * MINUTE)
    for (let time = 0; time < 3; time++) expect(await alerts.look(1, START_MS + 5 * MINUTE)).toBe(true)
    expect(await store.last()).toMatchObject({ escalations: 1 })
  })

  it('is looked at again when the clock was set back before its time', async () => {
    await raise()
    expect(await alerts.look(1, START_MS + 5 * MINUTE)).toBe(false)
  })

  it('tells those whom the escalation woke that it is over', async () => {
    await raise()
    clock.step(5 * MINUTE)
    await work()
    await said(2)
    await work()
    await resolve('the books agree again')
    expect(await jobs()).toEqual(expect.arrayContaining(['alerts 3 telegram +302 s', 'alerts 3 webhook +302 s']))
    expect(await said(3)).toEqual(['resolved the books agree again'])
  })
})

describe('a person', () => {
  it('acknowledges it: it is not escalated, and the audit says who and why', async () => {
    await raise()
    expect(await alerts.act(1, { kind: 'acknowledge' }, BY)).toMatchObject({
      state: 'acknowledged',
      changedBy: 'operator',
      reason: 'on it',
    })
    clock.step(60 * MINUTE)
    await work()
    expect(await store.last()).toMatchObject({ escalations: 0, state: 'acknowledged' })
    const [, event] = await createAuditOutbox(database.db).next(10)
    expect(event?.event).toMatchObject({
      action: 'alert.acknowledged',
      actor: 'operator',
      traceId: BY.traceId,
      context: { alert: 1, code: 'venue_halted', reason: 'on it' },
    })
  })

  it('snoozes it: no word of it until its time, then it fires again', async () => {
    await raise()
    await said(1)
    await alerts.act(1, { kind: 'snooze', minutes: 30 }, BY)
    await work()
    clock.step(29 * MINUTE)
    await raise()
    await work()
    expect(await store.last()).toMatchObject({ state: 'snoozed', count: 2, changedBy: 'operator' })
    expect((await jobs()).filter((key) => key.startsWith('alerts'))).toEqual([])
    clock.step(MINUTE)
    await work()
    expect(await store.last()).toMatchObject({ state: 'firing', escalations: 0 })
    expect(await said(2)).toEqual(['still USDT differs'])
    clock.step(5 * MINUTE)
    await work()
    expect(await store.last()).toMatchObject({ escalations: 1 })
  })

  it('resolves it, and can do nothing to what is over or not there', async () => {
    await raise()
    expect(await alerts.act(1, { kind: 'resolve' }, BY)).toMatchObject({ state: 'resolved', resolvedTs: START_MS })
    expect(await alerts.act(1, { kind: 'acknowledge' }, BY)).toBe('over')
    expect(await alerts.act(2, { kind: 'acknowledge' }, BY)).toBe('unknown')
  })

  it('who acknowledged it is forgotten when it happens again', async () => {
    await raise()
    await alerts.act(1, { kind: 'resolve' }, BY)
    await raise()
    expect(await store.last()).toMatchObject({ id: 1, state: 'firing', changedBy: null, reason: null })
    expect(await audited()).toEqual(['alert.raised executor', 'alert.resolved operator', 'alert.reopened executor'])
  })
})

describe('a cause that is over', () => {
  it('ends the alert with what is true now; without an open one nothing happens', async () => {
    await resolve()
    await raise()
    await resolve('the books agree again')
    await resolve('the books agree again')
    expect(await said(1)).toEqual(['raised USDT differs', 'resolved the books agree again'])
    expect(await audited()).toEqual(['alert.raised executor', 'alert.resolved executor'])
  })

  it('does not end an alert that was raised since it was seen', async () => {
    await raise()
    const [seen] = await alerts.open()
    await raise()
    if (seen !== undefined) await alerts.settle(seen)
    expect(await store.last()).toMatchObject({ state: 'firing', count: 2 })
    const [now] = await alerts.open()
    if (now !== undefined) await alerts.settle(now)
    expect(await alerts.open()).toEqual([])
  })

  it('that flaps is one alert, told once, and the audit has all of it', async () => {
    await raise()
    await resolve()
    await said(1)
    for (let time = 0; time < 20; time++) {
      clock.step(20_000)
      await raise()
      clock.step(10_000)
      await resolve()
    }
    expect((await jobs()).filter((key) => key.startsWith('alerts'))).toEqual(['alerts 1 webhook +2 s'])
    expect(await store.list({ limit: 10 })).toHaveLength(1)
    expect(await store.last()).toMatchObject({ count: 21, state: 'resolved' })
    expect(await audited()).toHaveLength(42)
  })

  it('that comes back and stays is told after all', async () => {
    await raise({ severity: 'yellow' })
    await resolve()
    await said(1)
    await raise({ severity: 'yellow' })
    clock.step(5 * MINUTE)
    await work()
    expect(await said(2)).toEqual(['still USDT differs'])
  })
})

describe('the store', () => {
  it('lists by state and severity, page by page, newest first', async () => {
    for (const code of ['a', 'b', 'c', 'd']) await raise({ code, severity: code === 'b' ? 'yellow' : 'red' })
    await alerts.act(1, { kind: 'resolve' }, BY)
    await alerts.act(3, { kind: 'acknowledge' }, BY)
    const codes = async (filter: Parameters<AlertStore['list']>[0]) => (await store.list(filter)).map(({ code }) => code).join('')
    expect(await codes({ limit: 10 })).toBe('dcba')
    expect(await codes({ limit: 10, state: 'open' })).toBe('dcb')
    expect(await codes({ limit: 10, state: 'acknowledged' })).toBe('c')
    expect(await codes({ limit: 10, severity: 'yellow' })).toBe('b')
    expect(await codes({ limit: 2, beforeId: 4 })).toBe('cb')
  })

  it('tells who follows it of each alert that changed, once, as it is now', async () => {
    await raise({ code: 'a' })
    await raise({ code: 'b' })
    const seen = await store.newestChange()
    expect(await store.changedSince(seen, 10)).toEqual([])
    await raise({ code: 'b' })
    await alerts.act(1, { kind: 'acknowledge' }, BY)
    await raise({ code: 'b' })
    expect((await store.changedSince(seen, 10)).map(({ code, count, state }) => `${code} ${count} ${state}`)).toEqual([
      'a 1 acknowledged',
      'b 3 firing',
    ])
    expect(await store.changedSince(seen, 1)).toHaveLength(1)
  })

  it('forgets what was over long ago, but neither what fires nor where the changes are', async () => {
    for (const code of ['a', 'b', 'c']) await raise({ code })
    await alerts.act(1, { kind: 'resolve' }, BY)
    await alerts.act(2, { kind: 'resolve' }, BY)
    clock.step(100 * DAY)
    expect(await createAlertNoticeStore(database.db).prune(clock.nowMs())).toBe(1)
    const change = await store.newestChange()
    expect(await store.prune(clock.nowMs())).toBe(1)
    expect((await store.list({ limit: 10 })).map(({ code }) => code)).toEqual(['c', 'b'])
    expect(await store.newestChange()).toBe(change)
  })

  it('holds one open alert of a kind, whatever happens', async () => {
    await raise()
    const [row] = await database.db.selectFrom('alert').selectAll().execute()
    if (row === undefined) throw new Error('no row')
    await expect(
      database.db
        .insertInto('alert')
        .values({ ...row, id: 99 })
        .execute(),
    ).rejects.toSatisfy(isUniqueViolation)
  })
})
