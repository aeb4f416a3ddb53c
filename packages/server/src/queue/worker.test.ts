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

  it('one poisoned job in ten costs the others nothing; each is a dead letter with its reason, and can be redriven', async () => {
    let healthy = 0
    const runs = new Map<string, number>()
    work(async ({ payload, key }) => {
      runs.set(key, (runs.get(key) ?? 0) + 1)
      if ((payload as { key: string }).key.endsWith('poison')) throw new PoisonJobError('invalid_payload', 'unreadable')
      healthy += 1
    })
    // Ten virtual minutes, a job a second.
    for (let second = 0; second < 600; second++) {
      await add(second % 10 === 0 ? `${second}-poison` : String(second))
      await clock.advance(SECOND)
    }
    await settled()
    expect(healthy).toBe(540)
    const letters = await queue.deadLetters({ limit: 1000 })
    expect(letters).toHaveLength(60)
    expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(['invalid_payload']))
    expect([...runs.values()].every((count) => count === 1)).toBe(true)
    await queue.redrive(letters[0]?.id ?? '')
    await clock.advance(SECOND)
    await settled()
    expect(runs.get(letters[0]?.key ?? '')).toBe(2)
    expect(await queue.deadLetters({ limit: 1000 })).toHaveLength(60)
  }, 30_000)
})
