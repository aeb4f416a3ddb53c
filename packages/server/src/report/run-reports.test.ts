import { existsSync } from 'node:fs'
import { readTold } from '@spark/contract/told'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog, type Log } from '../log.ts'
import { RetryJobError } from '../queue/worker.ts'
import { StorageError } from '../storage/storage-error.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { evidenceFile } from './report-files.ts'
import { DAY, DAY_TO_MS, openHouse, type ReportHouse } from './report-fixture.ts'
import { createReports, type Reports } from './run-reports.ts'

let house: ReportHouse
let clock: ManualClock
let reports: Reports
const open = () => createReports({ ...house.deps, clock, log: createLog('test', 'silent') })

beforeEach(async () => {
  house = await openHouse(temporaryFolder())
  clock = new ManualClock(DAY_TO_MS + 1_800_000)
  reports = open()
})
afterEach(() => house.close())

const ask = (id: string) =>
  house.deps.store.ask(house.deps.db, { id, period: DAY.period, askedBy: 'ada', askedAt: clock.nowMs() })

it('the report of the last day is made once, whoever asks for it again', async () => {
  expect(await reports.daily()).toMatch(/^day-2026-01-31: \d+ bytes of evidence$/)
  const first = await house.deps.store.document(DAY.id)
  expect(first?.prepared).toEqual({ ms: DAY_TO_MS + 1_800_000, by: 'Spark' })
  clock.step(60_000)
  expect(await reports.daily()).toBe('day-2026-01-31 is there already')
  expect(await ask(DAY.id)).toBe(false)
  await reports.run(DAY.id)
  expect(await house.deps.store.document(DAY.id)).toEqual(first)
})

it('one that could not be made says why, and is made when it is asked for again', async () => {
  await ask('last-1')
  const broken = createReports({
    ...house.deps,
    clock,
    log: createLog('test', 'silent'),
    slices: { read: () => Promise.reject(new Error('the disk is full')) },
  })
  await broken.run('last-1')
  expect(await house.deps.store.get('last-1')).toMatchObject({ state: 'failed', said: 'the disk is full', evidence: null })
  expect(existsSync(evidenceFile(house.deps.config.dataDir, 'last-1'))).toBe(false)
  expect(await ask('last-1')).toBe(true)
  await reports.run('last-1')
  expect(await house.deps.store.get('last-1')).toMatchObject({ state: 'done', said: null })
})

it('one is made when the last row of its period has come into the audit', async () => {
  const { db, outbox } = house.deps
  await ask('last-1')
  await outbox.add(db, [{ ts: DAY_TO_MS - 1, action: 'order.sent', actor: 'executor', result: 'ok', context: {} }])
  await expect(reports.run('last-1')).rejects.toThrow(RetryJobError)
  const [row] = await outbox.next(1)
  await outbox.removeUpTo(row?.id ?? 0)
  await outbox.add(db, [{ ts: DAY_TO_MS, action: 'order.sent', actor: 'executor', result: 'ok', context: {} }])
  await reports.run('last-1')
  expect(await house.deps.store.get('last-1')).toMatchObject({ state: 'done' })
})

/** What it finds waiting comes before what is asked for afterwards. */
async function look(of: Reports): Promise<void> {
  of.watch()
  await expect.poll(async () => (await house.deps.store.waiting()).length).toBe(0)
}

it('one whose job died while storage was away is made at the next look, without a restart', async () => {
  const { store } = house.deps
  let away = true
  const lock = () => new StorageError('locked', 'spark.db', 'it is locked')
  const own = createReports({
    ...house.deps,
    clock,
    log: createLog('test', 'silent'),
    store: { ...store, get: (id) => (away ? Promise.reject(lock()) : store.get(id)) },
  })
  own.watch()
  await ask('last-1')
  await expect(own.run('last-1')).rejects.toThrow(StorageError)
  await clock.advance(60_000)
  expect(await store.waiting()).toHaveLength(1)
  away = false
  await clock.advance(60_000)
  await expect.poll(async () => (await store.get('last-1'))?.state).toBe('done')
  await own.stop()
})

it('one that is found waiting while its job makes it is tried once', async () => {
  let tries = 0
  const own = createReports({
    ...house.deps,
    clock,
    log: createLog('test', 'silent'),
    slices: {
      read() {
        tries += 1
        return Promise.reject(new Error('the disk is full'))
      },
    },
  })
  await ask('last-1')
  own.watch()
  await expect.poll(() => tries).toBe(1)
  await own.run('last-1')
  await own.stop()
  expect(tries).toBe(1)
})

const warningInto = (warned: string[]): Log =>
  Object.assign(createLog('test', 'silent'), { warn: (_what: object, text: string) => void warned.push(text) })

it('looks do not overlap, and a stop waits for the one that goes on: nothing is made after it, and nothing is warned of', async () => {
  const { store } = house.deps
  await ask('last-1')
  await ask('last-2')
  const asked: string[] = []
  const looks: (() => void)[] = []
  const warned: string[] = []
  const own = createReports({
    ...house.deps,
    clock,
    log: warningInto(warned),
    store: {
      ...store,
      get: (id) => (asked.push(id), store.get(id)),
      waiting: () => new Promise((resolve) => looks.push(() => resolve(store.waiting()))),
    },
  })
  own.watch()
  await clock.advance(180_000)
  expect(looks).toHaveLength(1)
  let stopped = false
  const stop = own.stop().then(() => (stopped = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(stopped).toBe(false)
  looks[0]?.()
  await stop
  await new Promise((resolve) => setImmediate(resolve))
  expect([asked, warned]).toEqual([[], []])
  expect(await store.waiting()).toHaveLength(2)
})

it('a stop while a look makes the first of two leaves both to the next executor, without a warning', async () => {
  await ask('last-1')
  await ask('last-2')
  const asked: string[] = []
  const warned: string[] = []
  const ends: Promise<void>[] = []
  const own: Reports = createReports({
    ...house.deps,
    clock,
    log: warningInto(warned),
    store: { ...house.deps.store, get: (id) => (asked.push(id), house.deps.store.get(id)) },
    settings: {
      list() {
        ends.push(own.stop())
        return house.deps.settings.list()
      },
    },
  })
  own.watch()
  await expect.poll(() => ends).toHaveLength(1)
  await Promise.all(ends)
  expect([asked, warned]).toEqual([['last-1'], []])
  expect(await house.deps.store.waiting()).toHaveLength(2)
})

/** The executor ends while it makes one. */
function stopping(): Reports {
  const settings = {
    list() {
      void slow.stop()
      return house.deps.settings.list()
    },
  }
  const slow: Reports = createReports({ ...house.deps, clock, log: createLog('test', 'silent'), settings })
  return slow
}

it('the report of the last day that a stop interrupts is no failure: it says that the next executor makes it', async () => {
  expect(await stopping().daily()).toBe('day-2026-01-31 waits; a running executor makes it within a minute')
  expect(await house.deps.store.get(DAY.id)).toMatchObject({ state: 'waiting' })
  await look(open())
  expect(await house.deps.store.get(DAY.id)).toMatchObject({ state: 'done' })
})

it('what the report of the last day says is a sentence that every language has', async () => {
  const said = [await stopping().daily(), await reports.daily(), await reports.daily()]
  expect(said.map((text) => readTold(text)?.code)).toEqual(['report_waits', 'report_made', 'report_there'])
})

it('one that is under way when the executor ends is made by the next', async () => {
  await ask('last-1')
  const slow = stopping()
  await expect(slow.run('last-1')).rejects.toThrow(RetryJobError)
  expect(await house.deps.store.get('last-1')).toMatchObject({ state: 'waiting' })
  await look(open())
  expect(await house.deps.store.get('last-1')).toMatchObject({ state: 'done' })
})

it('what is too old goes with its evidence; what waits stays', async () => {
  await reports.daily()
  await ask('last-1')
  expect(await reports.prune(DAY_TO_MS + 1)).toBe(1)
  expect(existsSync(evidenceFile(house.deps.config.dataDir, DAY.id))).toBe(false)
  expect((await house.deps.store.list(10)).map(({ id }) => id)).toEqual(['last-1'])
})
