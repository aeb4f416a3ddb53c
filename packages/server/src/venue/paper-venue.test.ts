import { join } from 'node:path'
import * as fc from 'fast-check'
import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { describe, expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { ManualClock } from '../clock.ts'
import { onPostgres } from '../storage/main-database-fixture.ts'
import { PAPER_MIGRATIONS } from '../storage/migrations/paper-migrations.ts'
import type { PaperTables } from '../storage/paper-tables.ts'
import { temporaryPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import { openDatabase } from '../storage/sqlite/open-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { WELL_BEHAVED, type Misbehaviour } from './misbehaviour.ts'
import { PAPER_TERMS, openPaperVenue, type PaperTerms, type PaperVenue } from './paper-venue.ts'
import { testVenue, type VenueUnderTest } from './venue-contract.ts'
import type { VenueFill, VenueOrder, VenueOrderRequest } from './venue.ts'

interface Options {
  terms?: Partial<PaperTerms>
  misbehaviour?: Partial<Misbehaviour>
  /** Of a book that is there. */
  path?: string
}

interface PaperUnderTest extends VenueUnderTest {
  venue: PaperVenue
  clock: ManualClock
}

/** On what the project of vitest says. */
async function newBook(): Promise<{ path: string; free(): void }> {
  return onPostgres() ? temporaryPostgres() : { path: join(temporaryFolder(), 'paper-venue.db'), free: () => {} }
}

async function open({ terms, misbehaviour, path }: Options = {}): Promise<PaperUnderTest> {
  const book = path === undefined ? await newBook() : { path, free: () => {} }
  const clock = new ManualClock(1_700_000_000_000)
  const seeded = createRandom(7)
  const venue = await openPaperVenue({
    path: book.path,
    thread: false,
    durability: 'rebuildable',
    clock,
    random: { unit: () => randomUniform(seeded) },
    startBalances: { USDT: '10000' },
    terms: { ...PAPER_TERMS, ...terms },
    misbehaviour: { ...WELL_BEHAVED, ...misbehaviour },
  })
  const pushed = { fills: [] as VenueFill[], orders: [] as VenueOrder[] }
  await venue.start({
    onFill: (fill) => void pushed.fills.push(fill),
    onOrder: (order) => void pushed.orders.push(order),
    onWarning: () => {},
  })
  return {
    venue,
    clock,
    symbol: 'LTCUSDT',
    pushed,
    trade: (price) => venue.onPrice({ symbol: 'LTCUSDT', price: Number(price), ts: clock.nowMs() }),
    settle: () => Promise.resolve(),
    async close() {
      await venue.stop()
      book.free()
    },
  }
}

testVenue('paper', () => open())

const order = (change: Partial<VenueOrderRequest> = {}): VenueOrderRequest => ({
  clientOrderId: 'sp-1',
  symbol: 'LTCUSDT',
  side: 'buy',
  quantity: '10',
  price: null,
  signedAtMs: 1_700_000_000_000,
  receiveWindowMs: 5000,
  ...change,
})

describe('the paper venue', () => {
  it('fills at the price after the order, with half the spread, impact by value and the fee, rounded to the worse tick', async () => {
    const { venue, trade, close } = await open({ terms: { halfSpreadBps: '2', impactBps: '10', feeRate: '0.001' } })
    await trade('100')
    await venue.place(order())
    expect(await venue.fills('LTCUSDT', 0)).toEqual([])
    await trade('200')
    // 200 · (1 + (2 + 10 · 2000 / 100000) / 10000) = 200.044, a buyer pays 200.05.
    expect((await venue.fills('LTCUSDT', 0))[0]).toMatchObject({
      price: '200.05',
      quantity: '10',
      fee: '2.0005',
      feeAsset: 'USDT',
    })
    await close()
  })

  it('fills in two pieces at two prices when told to', async () => {
    const { venue, trade, close } = await open({ terms: { partialFills: 1 } })
    await trade('100')
    await venue.place(order())
    await trade('100')
    expect(await venue.order('LTCUSDT', 'sp-1')).toMatchObject({ state: 'partly_filled', filledQuantity: '5' })
    await trade('110')
    expect((await venue.fills('LTCUSDT', 0)).map(({ quantity }) => quantity)).toEqual(['5', '5'])
    await close()
  })

  it('never lends: an order that the account cannot pay any more expires, its money free again', async () => {
    const { venue, trade, close } = await open()
    await trade('100')
    await venue.place(order({ quantity: '90' }))
    await trade('200')
    expect(await venue.order('LTCUSDT', 'sp-1')).toMatchObject({ state: 'expired', filledQuantity: '0' })
    expect(await venue.balances()).toMatchObject([{ asset: 'USDT', free: '10000', locked: '0' }])
    await close()
  })

  it('keeps its book when the process dies', async () => {
    const { path } = await newBook()
    const first = await open({ path })
    await first.trade('100')
    await first.venue.place(order())
    await first.close()
    const second = await open({ path })
    await second.trade('100')
    expect(await second.venue.order('LTCUSDT', 'sp-1')).toMatchObject({ state: 'filled' })
    await second.close()
  })

  it.runIf(onPostgres())('is one book for several hosts: what one took the other fills, once', async () => {
    const { path } = await newBook()
    const [one, other] = [await open({ path }), await open({ path })]
    await one.trade('100')
    // There was nothing to fill here a moment ago.
    await other.trade('100')
    await one.venue.place(order())
    await other.trade('100')
    expect(other.pushed.fills).toMatchObject([{ clientOrderId: 'sp-1', quantity: '10' }])
    await one.venue.place(order({ clientOrderId: 'sp-2' }))
    await Promise.all([one.trade('101'), other.trade('101')])
    expect((await one.venue.fills('LTCUSDT', 0)).map(({ clientOrderId }) => clientOrderId)).toEqual(['sp-1', 'sp-2'])
    expect((await one.venue.balances()).find(({ asset }) => asset === 'LTC')).toMatchObject({ free: '20' })
    await one.close()
    await other.close()
  })

  it('carries over the book of an earlier Spark', async () => {
    const path = join(temporaryFolder(), 'paper-venue.db')
    const first = await openDatabase<PaperTables>({
      path,
      thread: false,
      migrations: { '0001-first': PAPER_MIGRATIONS['0001-first'] as Migration },
    })
    await sql`insert into paper_order values ('sp-1', 'p1', 'LTCUSDT', 'buy', '10', '4', null, 'partly_filled', '606', 1, 2)`.execute(
      first.db,
    )
    await sql`insert into paper_fill values (7, 'sp-1', 'LTCUSDT', 'buy', '4', '100', '0.4', 'USDT', 3)`.execute(first.db)
    await sql`insert into paper_balance values ('USDT', '5000', '606')`.execute(first.db)
    await first.close()
    const { venue, trade, close } = await open({ path })
    expect(await venue.order('LTCUSDT', 'sp-1')).toMatchObject({
      venueOrderId: 'p1',
      state: 'partly_filled',
      filledQuantity: '4',
    })
    await trade('100')
    expect(
      (await venue.fills('LTCUSDT', 0)).map(({ fillId, clientOrderId, quantity }) => [fillId, clientOrderId, quantity]),
    ).toEqual([
      ['7', 'sp-1', '4'],
      ['8', 'sp-1', '6'],
    ])
    await close()
  })

  it('takes an id again only when told to, and only when its order has ended; the newest answers to it', async () => {
    const reused = await open({ misbehaviour: { idReuse: 1 } })
    await reused.trade('100')
    await reused.venue.place(order({ quantity: '1' }))
    await expect(reused.venue.place(order({ quantity: '2' }))).rejects.toMatchObject({ code: 'duplicate_order' })
    await reused.trade('100')
    await reused.venue.place(order({ quantity: '2' }))
    expect(await reused.venue.order('LTCUSDT', 'sp-1')).toMatchObject({ quantity: '2', state: 'open' })
    await reused.trade('100')
    expect((await reused.venue.fills('LTCUSDT', 0)).map(({ quantity }) => quantity)).toEqual(['1', '2'])
    await reused.close()
    const once = await open()
    await once.trade('100')
    await once.venue.place(order())
    await once.trade('100')
    await expect(once.venue.place(order())).rejects.toMatchObject({ kind: 'refused', code: 'duplicate_order' })
    await once.close()
  })

  it('fills no order at a price from before it was taken', async () => {
    const { venue, trade, clock, close } = await open()
    await trade('100')
    await clock.advance(1000)
    await venue.place(order())
    await venue.onPrice({ symbol: 'LTCUSDT', price: 90, ts: clock.nowMs() - 1 })
    expect(await venue.fills('LTCUSDT', 0)).toEqual([])
    await venue.onPrice({ symbol: 'LTCUSDT', price: 110, ts: clock.nowMs() })
    expect((await venue.fills('LTCUSDT', 0))[0]).toMatchObject({ ts: clock.nowMs(), quantity: '10' })
    await close()
  })

  it('misbehaves as told: lost answers, 5xx, 429, clock skew, duplicate and early fills, "not found"', async () => {
    const placed = async (misbehaviour: Partial<Misbehaviour>) => {
      const under = await open({ misbehaviour })
      await under.trade('100')
      const answer = await under.venue.place(order()).then(
        () => 'accepted',
        (error: { kind: string; code: string }) => `${error.kind} ${error.code}`,
      )
      const early = under.pushed.fills.length
      const found = (await under.venue.order('LTCUSDT', 'sp-1')) !== null
      await under.clock.advance(3000)
      const later = (await under.venue.order('LTCUSDT', 'sp-1')) !== null
      await under.trade('100')
      const fills = under.pushed.fills.length
      await under.close()
      return { answer, early, found, later, fills }
    }
    expect(await placed({ acceptThenTimeOut: 1 })).toMatchObject({ answer: 'unknown timeout', found: true, fills: 1 })
    expect(await placed({ failUnplaced: 1 })).toMatchObject({ answer: 'unknown server_error', later: false, fills: 0 })
    expect(await placed({ rateLimit: 1 })).toMatchObject({ answer: 'unavailable rate_limited', later: false })
    expect(await placed({ clockSkew: 1 })).toMatchObject({ answer: 'unavailable clock_skew', later: false })
    expect(await placed({ duplicateFill: 1 })).toMatchObject({ answer: 'accepted', fills: 2 })
    expect(await placed({ fillBeforeAnswer: 1 })).toMatchObject({ answer: 'accepted', early: 1 })
    expect(await placed({ notFoundForMs: 3000 })).toMatchObject({ answer: 'accepted', found: false, later: true })
  })

  it('conserves money: no balance below 0, fills add up, whatever is ordered', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('trade' as const), price: fc.integer({ min: 50, max: 200 }) }),
      fc.record({
        kind: fc.constant('place' as const),
        side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
        lots: fc.integer({ min: 100, max: 60_000 }),
        limit: fc.option(fc.integer({ min: 50, max: 200 })),
      }),
      fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(20) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { venue, trade, close } = await open({ terms: { partialFills: 0.5 } })
        await trade('100')
        let count = 0
        for (const one of steps) {
          if (one.kind === 'trade') await trade(String(one.price))
          else if (one.kind === 'cancel') await venue.cancel('LTCUSDT', `sp-${one.at}`).catch(() => null)
          else {
            const quantity = new Decimal(one.lots).div(1000).toString()
            const price = one.limit === null ? null : String(one.limit)
            await venue.place(order({ clientOrderId: `sp-${++count}`, side: one.side, quantity, price })).catch(() => null)
          }
        }
        const fills = await venue.fills('LTCUSDT', 0)
        const balances = new Map((await venue.balances()).map((one) => [one.asset, new Decimal(one.free).plus(one.locked)]))
        for (const { free, locked } of await venue.balances())
          expect(new Decimal(free).gte(0) && new Decimal(locked).gte(0)).toBe(true)
        let quote = new Decimal(10_000)
        let base = new Decimal(0)
        for (const { side, quantity, price, fee } of fills) {
          const sign = side === 'buy' ? 1 : -1
          base = base.plus(new Decimal(quantity).times(sign))
          quote = quote.minus(new Decimal(quantity).times(price).times(sign)).minus(fee)
        }
        expect(balances.get('USDT')?.toString()).toBe(quote.toString())
        expect((balances.get('LTC') ?? new Decimal(0)).toString()).toBe(base.toString())
        for (let at = 1; at <= count; at++) {
          const seen = await venue.order('LTCUSDT', `sp-${at}`)
          const sum = fills
            .filter(({ clientOrderId }) => clientOrderId === `sp-${at}`)
            .reduce((total, fill) => total.plus(fill.quantity), new Decimal(0))
          if (seen !== null) expect(sum.toString()).toBe(seen.filledQuantity)
        }
        await close()
      }),
      { numRuns: 40 },
    )
  }, 30_000)
})
