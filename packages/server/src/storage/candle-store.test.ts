import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type CandleStore, createCandleStore, type StoredCandle } from './candle-store.ts'
import { onPostgres, openTestDatabase } from './main-database-fixture.ts'
import { watchStatements } from './watch-statements-fixture.ts'

const HOUR_MS = 3_600_000
const BTC = { symbol: 'BTCUSDT', tf: '1h' } as const

async function openStore() {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  return createCandleStore(database.db)
}

const candleAt = (hour: number, c = 100.25): StoredCandle => ({ ts: hour * HOUR_MS, o: 100, h: 101.5, l: 99, c, v: 0.1 })
const hours = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => candleAt(from + at))

describe('candle store', () => {
  it('returns candles as they were put, with the close time where there was one', async () => {
    const store = await openStore()
    const candles = [candleAt(1), { ...candleAt(2), closeTs: 2 * HOUR_MS + 1_799_999 }]
    expect(await store.putAll(BTC, candles, 'import')).toEqual({ inserted: 2, unchanged: 0, differing: [] })
    expect(await store.range(BTC, 0, 10 * HOUR_MS, 100)).toEqual(candles)
  })

  it('changes nothing when the same candles come again, in whatever pieces', async () => {
    const store = await openStore()
    await store.putAll(BTC, hours(0, 1_200), 'import')
    await fc.assert(
      fc.asyncProperty(fc.nat(1_199), fc.nat(1_199), async (a, b) => {
        const piece = hours(Math.min(a, b), Math.max(a, b))
        expect(await store.putAll(BTC, piece, 'feed')).toEqual({ inserted: 0, unchanged: piece.length, differing: [] })
      }),
      { numRuns: 20 },
    )
    expect(await store.streams()).toEqual([{ stream: BTC, count: 1_200, firstTs: 0, lastTs: 1_199 * HOUR_MS }])
  })

  it('keeps a stored candle and names the one that differs, unless told to replace it', async () => {
    const store = await openStore()
    await store.putAll(BTC, hours(0, 3), 'import')
    const other = [candleAt(1, 101), candleAt(3)]
    expect(await store.putAll(BTC, other, 'feed')).toEqual({ inserted: 1, unchanged: 0, differing: [HOUR_MS] })
    expect(await store.range(BTC, HOUR_MS, 2 * HOUR_MS, 1)).toEqual([candleAt(1)])
    await store.putAll(BTC, other, 'feed', { replace: true })
    expect(await store.range(BTC, HOUR_MS, 2 * HOUR_MS, 1)).toEqual([candleAt(1, 101)])
  })

  it('lets others write while many streams bring their candles at once', async () => {
    const database = await openTestDatabase()
    onTestFinished(() => database.close())
    const store = createCandleStore(database.db)
    const done: string[] = []
    const puts = Array.from({ length: 20 }, async (_, at) => {
      await store.putAll({ symbol: `S${at}USDT`, tf: '1h' }, hours(0, 300), 'feed')
      done.push(`S${at}USDT`)
    })
    await Promise.race(puts)
    await database.db.updateTable('storage_probe').set({ counter: 7 }).where('id', '=', 1).execute()
    // One was under way, and one may have been next.
    expect(done.length).toBeLessThan(5)
    await Promise.all(puts)
    expect(await store.streams()).toHaveLength(20)
  })

  it('gives the newest candles before a time, oldest first', async () => {
    const store = await openStore()
    await store.putAll(BTC, hours(0, 10), 'import')
    expect((await store.latest(BTC, 3, 8 * HOUR_MS, ['sim', 'test', 'import'])).map(({ ts }) => ts / HOUR_MS)).toEqual([5, 6, 7])
    expect((await store.latest(BTC, 2, 100 * HOUR_MS, ['sim', 'test', 'import'])).map(({ ts }) => ts / HOUR_MS)).toEqual([8, 9])
  })

  it('finds the gaps between stored candles', async () => {
    const store = await openStore()
    await store.putAll(BTC, [...hours(0, 3), ...hours(5, 7), ...hours(8, 9)], 'import')
    await store.putAll({ symbol: 'BTCUSDT', tf: '1d' }, [candleAt(96)], 'import')
    const gaps = [
      { firstMissingTs: 3 * HOUR_MS, missing: 2 },
      { firstMissingTs: 7 * HOUR_MS, missing: 1 },
    ]
    expect(await store.gaps(BTC, 0, 24 * HOUR_MS)).toEqual(gaps)
    expect(await store.gaps(BTC, 0, 8 * HOUR_MS)).toEqual(gaps.slice(0, 1))
  })

  it('remembers a gap of the exchange once', async () => {
    const store = await openStore()
    await store.putGap(BTC, { firstMissingTs: HOUR_MS, missing: 2 }, 5)
    await store.putGap(BTC, { firstMissingTs: HOUR_MS, missing: 3 }, 6)
    const recorded = await store.recordedGaps(BTC, 0, 2 * HOUR_MS)
    expect(recorded).toEqual([{ firstMissingTs: HOUR_MS, missing: 3, recordedAt: 6 }])
  })

  it('removes what opened before a time, on PostgreSQL by whole months of 1m, and nothing of another timeframe', async () => {
    const { store } = await oldCandles()
    const removed = await store.prune('1m', APRIL_10)
    expect(removed).toMatchObject({ candles: onPostgres() ? 0 : 9_200, waiting: 0 })
    // A database that was used before may have empty ones.
    expect(removed.partitions >= 3).toBe(onPostgres())
    expect(await left(store)).toEqual(EXPECTED())
    expect(await store.prune('1m', APRIL_10)).toEqual({ candles: 0, partitions: 0, waiting: 0 })
  })

  it('goes on with removing after an error at each of its statements', async () => {
    const { store, db } = await oldCandles()
    for (let fails = 1; ; fails++) {
      let at = 0
      const watched = db.withPlugin(
        watchStatements(() => {
          at += 1
          if (at === fails) throw new Error('power is gone')
        }),
      )
      const outcome = await createCandleStore(watched)
        .prune('1m', APRIL_10)
        .catch((error: Error) => error.message)
      if (outcome !== 'power is gone') break
    }
    expect(await left(store)).toEqual(EXPECTED())
  })
})

const MINUTE_MS = 60_000
const APRIL_10 = Date.UTC(2024, 3, 10)
const SYMBOLS = ['AAA', 'BTCUSDT']

/** On the first of each month 2,300 candles of 1m, on the 20th one more, and one of 1h. */
async function oldCandles() {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  const store = createCandleStore(database.db)
  for (const symbol of SYMBOLS) {
    for (let month = 0; month < 6; month++) {
      const many = Array.from({ length: month === 0 ? 2_296 : 767 }, (_, at) => Date.UTC(2024, month) + at * MINUTE_MS)
      const times = [...many, Date.UTC(2024, month, 20)]
      await store.putAll(
        { symbol, tf: '1m' },
        times.map((ts) => ({ ...candleAt(0), ts })),
        'import',
      )
      await store.putAll({ symbol, tf: '1h' }, [{ ...candleAt(0), ts: Date.UTC(2024, month) }], 'import')
    }
  }
  return { store, db: database.db }
}

const left = async (store: CandleStore) =>
  (await store.streams()).map(({ stream, count, firstTs }) => `${stream.symbol} ${stream.tf} ${count} ${day(firstTs)}`)
const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)
const EXPECTED = () =>
  SYMBOLS.flatMap((symbol) => [
    `${symbol} 1h 6 2024-01-01`,
    onPostgres() ? `${symbol} 1m 2304 2024-04-01` : `${symbol} 1m 1537 2024-04-20`,
  ])
