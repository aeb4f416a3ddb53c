import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../clock.ts'
import { createLog } from '../../log.ts'
import type { Looks } from '../../look-every.ts'
import { createAlerts, type KnownAlerts } from '../../notify/alerts.ts'
import { NO_LEADER, watchLeader } from '../../notify/no-leader.ts'
import { systemRandomness } from '../../random.ts'
import { createLeaseStore } from '../../storage/lease-store.ts'
import { openTestDatabase } from '../../storage/main-database-fixture.ts'
import { openMainDatabase, type MainDatabase } from '../../storage/open-main-database.ts'
import { temporaryPostgres } from '../../storage/postgres/postgres-database-fixture.ts'
import { createProcessReportStore, type ProcessReportStore } from '../../storage/process-report-store.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { watchHosts } from './watch-hosts.ts'

const START_MS = 1_700_000_000_000
const RULES = { escalateAfterMs: 300_000, repeatMs: 900_000, told: [], escalated: [] }
const AWAY = new StorageError('unavailable', 'x', 'away')

describe.each([
  ['a file', openTestDatabase],
  [
    'PostgreSQL',
    async () => openMainDatabase({ path: (await temporaryPostgres()).path, thread: false, durability: 'rebuildable' }),
  ],
])('with its rows in %s', (_place, openDatabase: () => Promise<MainDatabase>) => {
  let database: MainDatabase
  let clock: ManualClock
  let reports: ProcessReportStore
  let alerts: KnownAlerts
  let watch: Looks
  let leads = true
  let isAway = false

  beforeEach(async () => {
    database = await openDatabase()
    clock = new ManualClock(START_MS)
    leads = true
    isAway = false
    reports = createProcessReportStore(database.db)
    alerts = createAlerts({ db: database.db, rules: RULES, clock, random: systemRandomness })
    watch = begin()
  })
  const begin = () =>
    watchHosts({
      db: database.db,
      reports: { ...reports, since: (ms) => (isAway ? Promise.reject(AWAY) : reports.since(ms)) },
      alerts,
      group: { member: 'a.executor', leads: () => leads, leadsIn: async () => leads },
      clock,
      log: createLog('test', 'silent'),
    })
  afterEach(async () => {
    await watch.stop()
    await database.close()
  })

  const report = (names: string[], build = 'b1', reportedAt = clock.nowMs()) =>
    Promise.all(
      names.map((process) =>
        reports.report({
          process,
          pid: 1,
          buildSha: build,
          version: '1',
          schemaHash: 's',
          modelHash: 'm',
          canary: null,
          reportedAt,
        }),
      ),
    )
  async function heard(names: string[]): Promise<void> {
    await report(names)
    await watch.look()
  }
  /** So long passes while these report every five seconds; each look is at its end. */
  async function pass(ms: number, names: string[], build?: string): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5_000) {
      await clock.advance(5_000)
      // The one that this began is not the one that sees what is reported now.
      await watch.look()
      await report(names, build)
      await watch.look()
    }
  }
  const open = async () => (await alerts.open()).map(({ severity, code, scope, message }) => ({ severity, code, scope, message }))
  const codes = async () => (await open()).map(({ code, scope }) => `${code} ${scope}`).toSorted()
  const A = ['a.api-1', 'a.executor']
  const B = ['b.api-1', 'b.api-2', 'b.executor']

  it('a host that is heard of no more is told once, and over when it is heard of again', async () => {
    await heard(B)
    await pass(15_000, A)
    expect(await open()).toEqual([])
    await pass(5_000, A)
    const at = new Date(START_MS).toISOString()
    const message = `nothing is heard of b.api-1, b.api-2, b.executor since ${at}: lost, cut off, or unable to start; other hosts take over what an executor had`
    expect(await open()).toEqual([{ severity: 'red', code: 'host_lost', scope: 'host:b', message }])
    await pass(60_000, A)
    expect((await alerts.open()).map(({ count }) => count)).toEqual([1])
    await pass(5_000, [...A, ...B])
    expect(await open()).toEqual([])
  })

  it('a host that was stopped is not lost, nor is one of whose apis a replaced worker is left', async () => {
    await heard(B)
    await pass(5_000, A)
    for (const process of ['b.api-1', 'b.executor']) await reports.remove(process, 1)
    await pass(30_000, [...A, 'b.api-2'])
    expect(await open()).toEqual([])
    await reports.remove('b.api-2', 1)
    await pass(30_000, A)
    expect(await open()).toEqual([])
  })

  it('clocks of hosts are not compared: one that is an hour behind or ahead is not lost, and one that falls silent is', async () => {
    for (const aheadMs of [-3_600_000, 3_600_000]) {
      const tell = () => report(B, 'b1', clock.nowMs() + aheadMs)
      await tell()
      for (let look = 0; look < 8; look++) {
        await pass(5_000, A)
        await tell()
      }
      expect(await open()).toEqual([])
    }
    await pass(30_000, A)
    expect(await codes()).toEqual(['host_lost host:b'])
  })

  it('time in which nobody could look counts for no silence', async () => {
    await heard(B)
    await pass(5_000, A)
    isAway = true
    await pass(60_000, [])
    isAway = false
    await pass(10_000, A)
    expect((await codes()).filter((code) => code.startsWith('host_lost'))).toEqual([])
    await pass(10_000, A)
    expect(await codes()).toContain('host_lost host:b')
  })

  it('who begins to watch leaves what was told until it knows better', async () => {
    await heard(B)
    await pass(30_000, A)
    await watch.stop()
    watch = begin()
    await pass(15_000, A)
    expect(await codes()).toEqual(['host_lost host:b'])
    await pass(15_000, A)
    expect((await alerts.open()).map(({ code, count }) => [code, count])).toEqual([['host_lost', 1]])
    await pass(5_000, [...A, ...B])
    expect(await open()).toEqual([])
  })

  it('an executor that is silent beside its api is told, and after a day nobody waits for it', async () => {
    await heard(B)
    await pass(30_000, [...A, 'b.api-1', 'b.api-2'])
    expect(await codes()).toEqual(['host_lost host:b'])
    clock.step(86_400_000)
    await pass(10_000, [...A, 'b.api-1', 'b.api-2'])
    expect(await open()).toEqual([])
  })

  it('who does not lead tells nothing, and tells it when it leads', async () => {
    leads = false
    await heard(B)
    await pass(30_000, A)
    expect(await open()).toEqual([])
    leads = true
    await watch.look()
    expect(await codes()).toEqual(['host_lost host:b'])
  })

  it('processes that differ are told when exposure could not rise for ten minutes, with their names', async () => {
    const both = async () => {
      await report(A, 'b2')
      await pass(5_000, B, 'b1')
    }
    for (let look = 0; look < 120; look++) await both()
    expect(await open()).toEqual([])
    await both()
    const told = 'exposure does not rise: b.api-1, b.api-2, b.executor runs build b1; a.api-1, a.executor runs build b2'
    expect(await open()).toMatchObject([{ severity: 'yellow', code: 'hosts_differ' }])
    expect((await open())[0]?.message.split(/: |; /).toSorted()).toEqual(told.split(/: |; /).toSorted())
    await pass(5_000, [...A, ...B])
    expect(await open()).toEqual([])
  })

  it('a database that was away is told when it is there again, for five minutes; a hiccup and a pause are not', async () => {
    await pass(5_000, A)
    isAway = true
    await watch.look()
    isAway = false
    await pass(5_000, A)
    // Paused: no look met silence.
    await clock.advance(0)
    clock.step(60_000)
    await pass(5_000, A)
    expect(await open()).toEqual([])
    isAway = true
    for (let look = 0; look < 4; look++) {
      await clock.advance(5_000)
      await watch.look()
    }
    isAway = false
    await pass(5_000, A)
    const at = new Date(clock.nowMs()).toISOString()
    const message = `the database did not answer for 25 s, until ${at}`
    expect(await open()).toEqual([{ severity: 'yellow', code: 'database_away', scope: 'database', message }])
    await pass(300_000, A)
    expect(await codes()).toEqual(['database_away database'])
    await pass(5_000, A)
    expect(await open()).toEqual([])
  })

  it('an api says when nobody led for a minute, not before and not where nobody ever led; who leads then ends it', async () => {
    const leases = createLeaseStore()
    const leader = watchLeader({ db: database.db, leases, alerts, clock, log: createLog('test', 'silent') })
    const wait = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        await clock.advance(5_000)
        await leader.look()
      }
    }
    await wait(120_000)
    expect(await open()).toEqual([])
    await database.db.insertInto('lease').values({ name: 'leader', holder: 'b.executor', number: 1, until: 0 }).execute()
    await wait(60_000)
    expect(await open()).toEqual([])
    await wait(10_000)
    expect(await codes()).toEqual([`${NO_LEADER.code} leader`])
    await pass(5_000, A)
    expect(await open()).toEqual([])
    expect((await alerts.open()).length).toBe(0)
    await leader.stop()
  })
})
