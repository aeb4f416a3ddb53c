import type { Kysely } from 'kysely'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ManualClock } from '../clock.ts'
import type { MainTables } from '../storage/tables.ts'
import { AT_ONCE, type LeasedJob, type Queue } from './queue.ts'

export interface QueueUnderTest {
  db: Kysely<MainTables>
  queue: Queue
  clock: ManualClock
  close(): Promise<void>
}

/** What every queue must do, whatever stands below it. */
export function testQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`${name} as a queue`, () => {
    let under: QueueUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    const add = (key: string, runAt?: number) =>
      under.db
        .transaction()
        .execute((trx) =>
          under.queue.enqueue(trx, { queue: 'order', key, payload: { key }, ...(runAt !== undefined && { runAt }) }),
        )
    const lease = (limit = 10, leaseMs = 1000) => under.queue.lease('order', { limit, leaseMs })
    const first = async (): Promise<LeasedJob> => {
      const [job] = await lease(1)
      if (job === undefined) throw new Error('no job')
      return job
    }
    const keys = (jobs: readonly { key: string }[]) => jobs.map(({ key }) => key)

    it('a job exists when and only when the transaction that enqueued it commits', async () => {
      await expect(
        under.db.transaction().execute(async (trx) => {
          await under.queue.enqueue(trx, { queue: 'order', key: 'lost', payload: {} })
          throw new Error('rolled back')
        }),
      ).rejects.toThrow('rolled back')
      await add('kept')
      expect(keys(await lease())).toEqual(['kept'])
    })

    it('a job with an owner is taken by whoever takes the owner’s, one without by whoever takes those, and all by who takes all', async () => {
      const jobs = ['a', 'b', null].map((owner) => ({
        queue: 'order' as const,
        key: `of ${owner}`,
        payload: {},
        ...(owner !== null && { owner }),
      }))
      await under.db.transaction().execute((trx) => under.queue.enqueueAll(trx, jobs))
      const taken = async (owners: string[], unowned: boolean) =>
        keys(await under.queue.lease('order', { limit: 10, leaseMs: 1000, takes: { owners, unowned } })).toSorted()
      expect(await taken([], false)).toEqual([])
      expect(await taken(['c'], false)).toEqual([])
      expect(await taken(['a', 'c'], false)).toEqual(['of a'])
      expect(await taken([], true)).toEqual(['of null'])
      await under.clock.advance(2000)
      expect(keys(await lease()).toSorted()).toEqual(['of a', 'of b', 'of null'])
    })

    it('a job that is given to another owner may be taken at once, and who ran it has lost it; a dead letter stays', async () => {
      await add('runs')
      const job = await first()
      await add('waits', under.clock.nowMs() + 5000)
      await add('dead')
      const [dead] = await lease(1)
      await under.queue.bury(dead as LeasedJob, 'poison', '')
      await under.db.transaction().execute((trx) => under.queue.assign(trx, 'order', ['runs', 'waits', 'dead', 'nothing'], 'b'))
      const takes = { owners: ['b'], unowned: false }
      expect(keys(await under.queue.lease('order', { limit: 10, leaseMs: 1000, takes }))).toEqual(['runs'])
      expect(await under.queue.complete(job)).toBe(false)
      await under.clock.advance(5000)
      expect(keys(await under.queue.lease('order', { limit: 10, leaseMs: 1000, takes })).toSorted()).toEqual(['runs', 'waits'])
    })

    it('many jobs are enqueued at once, all of them with the transaction or none', async () => {
      const many = Array.from({ length: 1200 }, (_, at) => ({ queue: 'order' as const, key: `k${at % 1100}`, payload: { at } }))
      await expect(
        under.db.transaction().execute(async (trx) => {
          await under.queue.enqueueAll(trx, many)
          throw new Error('rolled back')
        }),
      ).rejects.toThrow('rolled back')
      expect((await under.queue.depth()).order.ready).toBe(0)
      await under.db.transaction().execute((trx) => under.queue.enqueueAll(trx, many))
      expect((await under.queue.depth()).order.ready).toBe(1100)
    })

    it('the same key is one job while it waits, runs or is a dead letter', async () => {
      await add('a')
      await add('a')
      const job = await first()
      expect(await lease()).toEqual([])
      await add('a')
      await under.queue.bury(job, 'bad', '')
      await add('a')
      expect(await lease()).toEqual([])
      const [letter] = await under.queue.deadLetters({ limit: 10 })
      expect(await under.queue.discard(letter?.id ?? '')).toBe(true)
      await add('a')
      expect(keys(await lease())).toEqual(['a'])
    })

    it('jobs come first in first out, those of a later time when it has come, and only from the queue asked for', async () => {
      const nowMs = under.clock.nowMs()
      await add('later', nowMs + 5000)
      await add('a')
      await under.clock.advance(1)
      await add('b')
      expect(await under.queue.lease('notification', { limit: 10, leaseMs: 1000 })).toEqual([])
      expect(keys(await lease())).toEqual(['a', 'b'])
      await under.clock.advance(5000)
      expect(keys(await lease(1))).toContain('a')
      expect(keys(await lease())).toEqual(['b', 'later'])
    })

    it('a leased job is held by one alone until its lease runs out; then the old holder can do nothing', async () => {
      await add('a')
      const old = await first()
      expect([old.attempt, old.payload]).toEqual([1, { key: 'a' }])
      expect(await lease()).toEqual([])
      await under.clock.advance(1000)
      const now = await first()
      expect(now.attempt).toBe(2)
      expect(await under.queue.complete(old)).toBe(false)
      expect(await under.queue.retry(old, 0, 'x', '')).toBe(false)
      expect(await under.queue.bury(old, 'x', '')).toBe(false)
      expect(await under.queue.complete(now)).toBe(true)
      expect(await under.queue.complete(now)).toBe(false)
    })

    it('two consumers at once never hold the same job', async () => {
      for (let n = 0; n < 20; n++) await add(`j${n}`)
      const both = await Promise.all([lease(15), lease(15)])
      expect(new Set(keys(both.flat())).size).toBe(20)
      expect(both.flat()).toHaveLength(20)
    })

    it('a job done in a transaction that rolls back is still there', async () => {
      await add('a')
      const job = await first()
      await expect(
        under.db.transaction().execute(async (trx) => {
          expect(await under.queue.complete(job, trx)).toBe(true)
          throw new Error('rolled back')
        }),
      ).rejects.toThrow('rolled back')
      expect(await under.queue.complete(job)).toBe(true)
    })

    it('a retry comes at its time and not before', async () => {
      await add('a')
      expect(await under.queue.retry(await first(), under.clock.nowMs() + 3000, 'busy', '')).toBe(true)
      await under.clock.advance(2999)
      expect(await lease()).toEqual([])
      await under.clock.advance(1)
      expect((await first()).attempt).toBe(2)
    })

    it('a retry does not wait longer because the clock was set back meanwhile', async () => {
      await add('a')
      await under.queue.retry(await first(), under.clock.nowMs() + 3000, 'busy', '')
      under.clock.step(-3_600_000)
      expect((await first()).attempt).toBe(2)
    })

    it('a dead letter says why, and redriven comes with the same key and payload, its attempts from the start', async () => {
      await add('a')
      await under.queue.bury(await first(), 'invalid_payload', 'no such order')
      const [letter] = await under.queue.deadLetters({ queue: 'order', limit: 10 })
      expect(letter).toMatchObject({
        key: 'a',
        payload: { key: 'a' },
        attempts: 1,
        reason: 'invalid_payload',
        detail: 'no such order',
      })
      expect(await under.queue.deadLetters({ queue: 'label', limit: 10 })).toEqual([])
      expect(await lease()).toEqual([])
      expect(await under.queue.redrive(letter?.id ?? '')).toBe(true)
      expect(await under.queue.redrive(letter?.id ?? '')).toBe(false)
      expect(await first()).toMatchObject({ key: 'a', payload: { key: 'a' }, attempt: 1 })
      expect(await under.queue.discard('nothing')).toBe(false)
    })

    it('a dead letter stays what it is when the transaction that redrove or discarded it is rolled back', async () => {
      await add('a')
      await under.queue.bury(await first(), 'x', '')
      const [letter] = await under.queue.deadLetters({ limit: 10 })
      for (const verb of ['redrive', 'discard'] as const)
        await expect(
          under.db.transaction().execute(async (trx) => {
            expect(await under.queue[verb](letter?.id ?? '', trx)).toBe(true)
            throw new Error('rolled back')
          }),
        ).rejects.toThrow('rolled back')
      expect(await under.queue.deadLetters({ limit: 10 })).toEqual([letter])
      expect(await lease()).toEqual([])
    })

    it('its depth says how many wait, run and died, and how long the oldest has waited', async () => {
      await add('dead')
      await under.queue.bury(await first(), 'x', '')
      await add('held')
      await first()
      await add('late', under.clock.nowMs() + 60_000)
      await add('waiting')
      await under.clock.advance(500)
      expect((await under.queue.depth()).order).toEqual({ ready: 1, delayed: 1, leased: 1, dead: 1, lagMs: 500 })
      expect((await under.queue.depth()).notification).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0, lagMs: 0 })
    })

    it('a command is due by the clock of a replay too, at once and redriven, and waits since it was enqueued', async () => {
      await add('dead')
      await under.queue.bury(await first(), 'x', '')
      await add('command', AT_ONCE)
      await under.clock.advance(500)
      expect((await under.queue.depth()).order.lagMs).toBe(500)
      const [letter] = await under.queue.deadLetters({ limit: 1 })
      await under.queue.redrive(letter?.id ?? '')
      under.clock.step(-300 * 86_400_000)
      expect(keys(await lease()).sort()).toEqual(['command', 'dead'])
    })

    it('loses no job and gives none twice, whatever happens in which order', async () => {
      const step = fc.oneof(
        fc.record({ kind: fc.constant('add' as const), key: fc.integer({ min: 0, max: 9 }) }),
        fc.record({
          kind: fc.constantFrom('lease' as const, 'complete' as const, 'retry' as const, 'bury' as const, 'wait' as const),
        }),
      )
      let round = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          round += 1
          /** Of each key added: held until, or waiting (0), or dead. */
          const model = new Map<string, { until: number; dead: boolean }>()
          const held: LeasedJob[] = []
          for (const one of steps) {
            const nowMs = under.clock.nowMs()
            if (one.kind === 'add') {
              const key = `${round}-${one.key}`
              await add(key)
              if (!model.has(key)) model.set(key, { until: 0, dead: false })
            } else if (one.kind === 'wait') await under.clock.advance(700)
            else if (one.kind === 'lease') {
              const free = [...model].filter(([, { until, dead }]) => !dead && until <= nowMs).map(([key]) => key)
              const jobs = await lease(100)
              expect(keys(jobs).sort()).toEqual(free.sort())
              for (const { key } of jobs) model.set(key, { until: nowMs + 1000, dead: false })
              held.push(...jobs)
            } else {
              const job = held.shift()
              if (job === undefined) continue
              // The token is the newest lease's alone.
              const valid = model.get(job.key)?.until === job.leaseUntil && model.get(job.key)?.dead === false
              if (one.kind === 'complete') {
                expect(await under.queue.complete(job)).toBe(valid)
                if (valid) model.delete(job.key)
              } else if (one.kind === 'retry') {
                expect(await under.queue.retry(job, nowMs, 'x', '')).toBe(valid)
                if (valid) model.set(job.key, { until: 0, dead: false })
              } else {
                expect(await under.queue.bury(job, 'x', '')).toBe(valid)
                if (valid) model.set(job.key, { until: 0, dead: true })
              }
            }
          }
          // What this round left is taken away, so that the next one starts empty.
          await under.clock.advance(2000)
          for (const job of await lease(1000)) await under.queue.complete(job)
          for (const { id } of await under.queue.deadLetters({ limit: 1000 })) await under.queue.discard(id)
        }),
        { numRuns: 60 },
      )
    })
  })
}
