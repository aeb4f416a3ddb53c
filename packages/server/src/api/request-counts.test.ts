import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestDatabase } from '../storage/main-database-fixture.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { createRequestCountStore, type RequestCountStore } from '../storage/request-count-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { createRequestCounts, type RequestCounts } from './request-counts.ts'

const MINUTE_MS = 60_000
const MAX = 160
const SHARED_FROM = 10

let database: MainDatabase
const time = { nowMs: 0 }
const warned: unknown[] = []
beforeEach(async () => {
  database = await openTestDatabase()
  time.nowMs = Date.UTC(2026, 0, 1)
  warned.length = 0
})
afterEach(() => database.close())

/** A process that counts; nobody calls its timer. */
function countsOf(process: string, speed = 1, store = createRequestCountStore(database.db)): RequestCounts {
  return createRequestCounts({
    clock: { nowMs: () => time.nowMs * speed, speed, every: () => () => {} },
    store,
    process,
    log: { warn: (fields: unknown) => void warned.push(fields) },
  })
}

function ask(counts: RequestCounts, times: number, whose = 'anonymous 10.0.0.1'): number {
  let current = 0
  for (let at = 0; at < times; at++) current = counts.count(whose, MAX).current
  return current
}

async function shared(...all: RequestCounts[]): Promise<void> {
  for (const counts of all) await counts.share()
  for (const counts of all) await counts.share()
}

describe('requests in a minute', () => {
  it('are counted together: what one process has heard, the others know a moment later', async () => {
    const [a, b, c] = [countsOf('a.api-1'), countsOf('b.api-1'), countsOf('b.api-2')] as const
    ask(a, 100)
    ask(b, 50)
    await shared(a, b, c)
    expect(ask(a, 1)).toBe(151)
    expect(ask(b, 1)).toBe(151)
    // It has never heard of him.
    expect(ask(c, 1)).toBe(151)
    await shared(a, b, c)
    await shared(a, b, c)
    expect(ask(a, 1)).toBe(153)
    expect(ask(a, 1, 'anonymous 10.0.0.2')).toBe(1)
  })

  it('of who asks little stay in their process, and addresses do in any case', async () => {
    const [a, b] = [countsOf('a.api-1'), countsOf('b.api-1')] as const
    ask(a, SHARED_FROM - 1)
    ask(a, SHARED_FROM, 'anonymous 10.0.0.2')
    await shared(a, b)
    expect(ask(b, 1)).toBe(1)
    expect(ask(b, 1, 'anonymous 10.0.0.2')).toBe(SHARED_FROM + 1)
    const rows = await database.db.selectFrom('request_count').selectAll().execute()
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('10.0.0')
  })

  it('begin anew with the minute of the world, at every process, and nothing older than the one before is kept', async () => {
    const [a, b] = [countsOf('a.api-1', 60), countsOf('b.api-1')] as const
    ask(a, 100)
    await shared(a, b)
    expect(b.count('anonymous 10.0.0.1', MAX)).toEqual({ current: 101, ttl: MINUTE_MS })
    time.nowMs += MINUTE_MS - 1
    expect(a.count('anonymous 10.0.0.1', MAX)).toEqual({ current: 101, ttl: 1 })
    time.nowMs += 1
    expect([ask(a, 1), ask(b, 1)]).toEqual([1, 1])
    ask(b, 50)
    await shared(a, b)
    expect(ask(a, 1)).toBe(53)
    time.nowMs += MINUTE_MS
    ask(b, 50)
    await shared(a, b)
    expect(await database.db.selectFrom('request_count').select('process').execute()).toEqual([
      { process: 'b.api-1' },
      { process: 'b.api-1' },
    ])
  })

  it('are limited by each process alone while storage is away', async () => {
    const store = createRequestCountStore(database.db)
    let isAway = false
    const ofOthers: RequestCountStore['ofOthers'] = (...asked) =>
      isAway ? Promise.reject(new StorageError('unavailable', 'spark.db', 'away')) : store.ofOthers(...asked)
    const [a, b] = [countsOf('a.api-1'), countsOf('b.api-1', 1, { ...store, ofOthers })] as const
    ask(a, 100)
    await shared(a, b)
    isAway = true
    await b.share()
    expect(warned).toHaveLength(1)
    expect(ask(b, 1)).toBe(101)
    expect(ask(a, 1)).toBe(101)
  })

  it('of ten thousand are kept, who asks on among them', () => {
    const counts = countsOf('a.api-1')
    for (let at = 0; at < 20_000; at++) {
      counts.count(`anonymous ${at}`, MAX)
      if (at % 1000 === 0) counts.count('anonymous 10.0.0.1', MAX)
    }
    expect(ask(counts, 1)).toBe(21)
    expect(ask(counts, 1, 'anonymous 0')).toBe(1)
    expect(ask(counts, 1, 'anonymous 19999')).toBe(2)
  })
})
