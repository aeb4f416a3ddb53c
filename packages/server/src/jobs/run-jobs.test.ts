import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Queue } from '../queue/queue.ts'
import { systemRandomness } from '../random.ts'
import { createJobRunStore, type JobRunStore } from '../storage/job-run-store.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { startJobs, type Jobs } from './run-jobs.ts'
import { JOB_NAMES, nextRun, type JobName } from './schedule.ts'

const NOON = Date.parse('2026-11-24T12:00:00Z')
const HOUR = 3_600_000
let database: MainDatabase
let clock: ManualClock
let queue: Queue
let runs: JobRunStore
let jobs: Jobs
let start: () => Jobs
let ran: string[]
let done: string[]
let failed: string[]
let gate: Promise<void>
let failing: JobName | null

beforeEach(async () => {
  database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  clock = new ManualClock(NOON)
  queue = createDatabaseQueue({ db: database.db, clock, random: systemRandomness })
  runs = createJobRunStore(database.db)
  ran = []
  done = []
  failed = []
  gate = Promise.resolve()
  failing = null
  const work = Object.fromEntries(
    JOB_NAMES.map((name) => [
      name,
      async () => {
        ran.push(name)
        await gate
        if (failing === name) throw new Error('the disk is full')
        return `${name} did it`
      },
    ]),
  ) as Record<JobName, () => Promise<string>>
  start = () =>
    startJobs({
      clock,
      random: { unit: () => 0.5 },
      log: createLog('test', 'silent'),
      queue,
      runs,
      work,
      rehearse: (id) => Promise.resolve(void ran.push(`rehearsal ${id}`)),
      report: (id) => Promise.resolve(void ran.push(`report ${id}`)),
      optimize: (id) => Promise.resolve(void ran.push(`search ${id}`)),
      onDone: (name) => Promise.resolve(void done.push(name)),
      onFailed: (name, reason) => Promise.resolve(void failed.push(`${name}: ${reason}`)),
    })
  jobs = start()
})
afterEach(async () => {
  await jobs.stop()
  await database.close()
})
const settle = async () => {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

it('runs at its times in UTC', async () => {
  expect(new Date(nextRun('backup', NOON)).toISOString()).toBe('2026-11-25T03:15:00.000Z')
  await clock.advance(HOUR)
  await settle()
  expect(ran.toSorted()).toEqual(['gap-repair', ...Array.from({ length: 12 }, () => 'labels')])
  expect(await runs.last()).toEqual([
    expect.objectContaining({ job: 'gap-repair', outcome: 'done', detail: 'gap-repair did it', startedAt: NOON + 20 * 60_000 }),
    expect.objectContaining({ job: 'labels', outcome: 'done', startedAt: NOON + HOUR }),
  ])
})

it('makes up once for all the times that a jump of the clock left out', async () => {
  await clock.advance(1000)
  clock.step(100 * HOUR)
  await clock.advance(1000)
  await settle()
  expect(ran.toSorted()).toEqual([...JOB_NAMES].toSorted())
  clock.step(-100 * HOUR)
  await clock.advance(1000)
  await settle()
  expect(ran).toHaveLength(JOB_NAMES.length)
  await clock.advance(HOUR)
  await settle()
  expect(ran.filter((name) => name === 'gap-repair')).toHaveLength(2)
})

it('never runs a job twice at once, whoever asks', async () => {
  let open = () => {}
  gate = new Promise<void>((resolve) => (open = resolve))
  const first = jobs.run('backup')
  const ask = { queue: 'job', key: 'job backup', payload: { job: 'backup' } } as const
  await database.db.transaction().execute((trx) => queue.enqueue(trx, ask))
  await clock.advance(2000)
  await settle()
  expect(ran).toEqual(['backup'])
  open()
  await first
  await jobs.run('backup')
  expect(ran).toEqual(['backup', 'backup'])
})

it('a run that died with its process has failed for whoever reads', async () => {
  await jobs.stop()
  await runs.begin('learn', NOON - HOUR)
  jobs = start()
  await settle()
  expect(await runs.last()).toEqual([
    expect.objectContaining({ job: 'learn', outcome: 'failed', detail: 'its process ended before it did', endedAt: NOON }),
  ])
})

it('says who asked for a run, and nobody when its time had come', async () => {
  const ask = { queue: 'job', key: 'job backup', payload: { job: 'backup', askedBy: 'ada' } } as const
  await database.db.transaction().execute((trx) => queue.enqueue(trx, ask))
  await clock.advance(2000)
  await settle()
  await jobs.run('retention')
  const asked = (await runs.last()).map(({ job, askedBy }) => [job, askedBy])
  expect(asked).toEqual(
    expect.arrayContaining([
      ['backup', 'ada'],
      ['retention', null],
    ]),
  )
})

it('a job that fails is told of with its reason, and the others run on', async () => {
  failing = 'backup'
  await jobs.run('backup')
  await jobs.run('retention')
  expect(failed).toEqual(['backup: the disk is full'])
  expect(done).toEqual(['retention'])
  expect((await runs.last()).map(({ job, outcome, detail }) => `${job} ${outcome} ${detail}`)).toEqual([
    'backup failed the disk is full',
    'retention done retention did it',
  ])
})

it.each([
  ['rehearsal', { rehearsal: '7' }],
  ['search', { optimization: '7' }],
  ['report', { report: '7' }],
])('a %s that was asked for runs by its id', async (name, payload) => {
  const ask = { queue: 'job', key: '7', payload } as const
  await database.db.transaction().execute((trx) => queue.enqueue(trx, ask))
  await clock.advance(2000)
  await settle()
  expect(ran).toEqual([`${name} 7`])
})

it('a request for a job that does not exist is a dead letter', async () => {
  await database.db.transaction().execute((trx) => queue.enqueue(trx, { queue: 'job', key: 'job x', payload: { job: 'x' } }))
  await clock.advance(2000)
  await settle()
  expect((await queue.deadLetters({ limit: 5 })).map(({ reason }) => reason)).toEqual(['invalid_payload'])
})
