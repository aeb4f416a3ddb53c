import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createDatabaseQueue } from './database-queue.ts'
import type { LeasedJob, Queue } from './queue.ts'
import { PoisonJobError, RetryJobError, startQueueWorker, type QueueWorker } from './worker.ts'

const SECOND = 1000
let database: MainDatabase
let clock: ManualClock
let queue: Queue
let worker: QueueWorker | null
beforeEach(async () => {
  database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  clock = new ManualClock(1_700_000_000_000)
  queue = createDatabaseQueue({ db: database.db, clock, random: systemRandomness })
  worker = null
})
afterEach(async () => {
  await worker?.stop()
  await database.close()
})

function work(handle: (job: LeasedJob) => Promise<void>, concurrency = 4): QueueWorker {
  worker = startQueueWorker({
    queue,
    name: 'order',
    clock,
    random: { unit: () => 0.5 },
    log: createLog('test', 'silent'),
    concurrency,
    leaseMs: 30 * SECOND,
    pollEveryMs: SECOND,
    maxAttempts: 3,
    handle,
  })
  return worker
}
const add = (key: string) => queue.enqueue(database.db, { queue: 'order', key, payload: { key } })
/** Lets everything that can happen at this moment happen. */
const settled = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a worker', () => {
  it('tries a failing job again, later each time, and makes it a dead letter after the last attempt', async () => {
    const seen: number[] = []
    await add('a')
    work(async (job) => {
      seen.push(job.attempt)
      throw new Error('the venue is away')
    })
    for (let second = 0; second < 10; second++) {
      await settled()
      await clock.advance(SECOND)
    }
    await settled()
    expect(seen).toEqual([1, 2, 3])
    expect((await queue.deadLetters({ limit: 10 }))[0]).toMatchObject({
      key: 'a',
      attempts: 3,
      reason: 'attempts_exhausted',
      detail: 'the venue is away',
    })
  })

  it('asked to come again later does so without end, and without a dead letter', async () => {
    let asked = 0
    await add('a')
    const { counters } = work(async () => {
      asked += 1
      if (asked < 8) throw new RetryJobError(clock.nowMs() + SECOND, 'unknown')
    })
    for (let second = 0; second < 10; second++) {
      await settled()
      await clock.advance(SECOND)
    }
    await settled()
    expect(asked).toBe(8)
    expect(counters).toEqual({ done: 1, retried: 7, dead: 0, lost: 0 })
  })

  it('a job that never ends holds its own slot only', async () => {
    const done: string[] = []
    let release = () => {}
    const forever = new Promise<void>((resolve) => (release = resolve))
    await add('stuck')
    work(async (job) => {
      if (job.key === 'stuck') await forever
      done.push(job.key)
    }, 2)
    for (const key of ['a', 'b', 'c']) await add(key)
    await clock.advance(SECOND)
    await settled()
    expect(done.sort()).toEqual(['a', 'b', 'c'])
    release()
  })

  it('one job in ten poisoned for ten minutes leaves the healthy ones 95 % of their throughput; each is a dead letter with its reason', async () => {
    const STEP = 5 * SECOND
    const done = new Set<string>()
    const runs = new Map<string, number>()
    // Two slots, five seconds a job, and always two that wait: a full house.
    work(async ({ payload, key }) => {
      runs.set(key, (runs.get(key) ?? 0) + 1)
      const kind = (payload as { kind?: unknown } | null)?.kind
      if (kind !== 'healthy') throw new PoisonJobError('invalid_payload', `"${String(kind)}" is no kind of job`)
      await clock.sleep(STEP)
      done.add(key)
    }, 2)
    const added = { healthy: 0, poison: 0 }
    const addOne = (kind: keyof typeof added) => {
      added[kind] += 1
      return queue.enqueue(database.db, { queue: 'order', key: `${kind} ${added[kind]}`, payload: { kind } })
    }
    const step = async (poisoned: boolean) => {
      for (let job = 0; job < 2; job++) {
        await addOne('healthy')
        if (poisoned && added.healthy % 9 === 0) await addOne('poison')
      }
      await clock.advance(STEP)
      await settled()
    }
    /** Healthy jobs a minute. */
    const throughput = async (minutes: number, poisoned: boolean) => {
      const before = done.size
      for (let at = 0; at < minutes * 12; at++) await step(poisoned)
      return (done.size - before) / minutes
    }
    await step(false)
    const before = await throughput(3, false)
    const during = await throughput(10, true)
    expect(before).toBe(24)
    expect(during / before).toBeGreaterThanOrEqual(0.95)
    await step(false)
    const letters = await queue.deadLetters({ limit: 1000 })
    expect(letters).toHaveLength(added.poison)
    expect(added.poison).toBeGreaterThan(25)
    expect(new Set(letters.map(({ reason, detail }) => `${reason}: ${detail}`))).toEqual(
      new Set(['invalid_payload: "poison" is no kind of job']),
    )
    expect([...runs.values()].every((count) => count === 1)).toBe(true)
    for (const { id } of letters.slice(0, 3)) expect(await queue.redrive(id)).toBe(true)
    await clock.advance(STEP)
    await settled()
    expect(letters.slice(0, 3).map(({ key }) => runs.get(key))).toEqual([2, 2, 2])
    expect(await queue.deadLetters({ limit: 1000 })).toHaveLength(letters.length)
  }, 60_000)

  it('jobs that fail at every attempt wait longer each time, and cost the healthy ones less than a twentieth', async () => {
    let healthy = 0
    work(async ({ key }) => {
      await clock.sleep(SECOND / 10)
      if (key.startsWith('failing')) throw new Error('no answer')
      healthy += 1
    }, 4)
    for (let second = 0; second < 120; second++) {
      await queue.enqueue(database.db, {
        queue: 'order',
        key: `${second % 10 === 0 ? 'failing' : 'healthy'} ${second}`,
        payload: {},
      })
      await clock.advance(SECOND)
      await settled()
    }
    await clock.advance(60 * SECOND)
    await settled()
    expect(healthy).toBe(108)
    const letters = await queue.deadLetters({ limit: 100 })
    expect(letters.map(({ reason, attempts }) => `${reason} ${attempts}`)).toEqual(letters.map(() => 'attempts_exhausted 3'))
    expect(letters).toHaveLength(12)
  })
})
