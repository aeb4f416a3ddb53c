import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import { planOrders, type Wish } from './plan-orders.ts'

const STRATEGIES = 6
const MINUTE = 60_000

/** Wishes at 50,000, a thousandth of a BTC is 50: plans of one or the other of two connections. */
const plans = fc.array(
  fc.record({
    other: fc.boolean(),
    wishes: fc.array(fc.record({ strategy: fc.nat(STRATEGIES - 1), lots: fc.integer({ min: 1, max: 24 }) }), { maxLength: 6 }),
  }),
  { minLength: 2, maxLength: 8 },
)
const limits = fc.record({
  maxOrderNotional: fc.constantFrom('250', '600', '1200'),
  maxStrategyNotional: fc.constantFrom('300', '700', '1000'),
  maxTotalNotional: fc.integer({ min: 400, max: 4000 }).map(String),
  maxOrdersPerMinute: fc.integer({ min: 1, max: 8 }),
})

async function exposure({ path }: PathFixture): Promise<{ total: Decimal; byStrategy: Decimal[] }> {
  const strategyIds = Array.from({ length: STRATEGIES }, (_, at) => `s${at}`)
  const sums = await path.risk.sums(path.db, { strategyIds, candleTs: [], nowMs: START_MS, repeatWindowMs: 1 })
  return { total: new Decimal(sums.total), byStrategy: strategyIds.map((id) => new Decimal(sums.byStrategy.get(id) ?? 0)) }
}

it(
  'plans that are made at once, also by two processes, never take more of a limit together than there is',
  { timeout: 120_000 },
  async () => {
    let accepted = 0
    const refused = new Set<string>()
    await fc.assert(
      fc.asyncProperty(limits, plans, plans, async (limit, first, second) => {
        const folder = temporaryFolder()
        const options = { folder, limits: limit, strategies: STRATEGIES, thread: true }
        const one = await openPath(options)
        const other = await openPath(options)
        for (const { prices } of [one, other]) prices.set('BTCUSDT', { price: 50_000, ts: START_MS })
        const planned = (all: typeof first, candle: number) =>
          Promise.all(
            all.map(({ other: isOther, wishes }, plan) =>
              planOrders(
                (isOther ? other : one).path,
                wishes.map(({ strategy, lots }, at): Wish => {
                  const candleTs = START_MS - 3_600_000 * (1 + candle * 100 + plan * 10 + at)
                  return wish({ strategyId: `s${strategy}`, quantity: new Decimal(lots).div(1000).toString(), candleTs })
                }),
              ),
            ),
          )
        const within = async (slipped: string) => {
          const { total, byStrategy } = await exposure(one)
          expect(total.lte(new Decimal(limit.maxTotalNotional).times(slipped))).toBe(true)
          for (const sum of byStrategy) {
            expect(sum.lte(new Decimal(limit.maxStrategyNotional).times(slipped))).toBe(true)
            expect(sum.lte(new Decimal(1000).times(slipped))).toBe(true)
          }
        }
        await planned(first, 0)
        await within('1')
        const orders = await one.path.orders.list({ limit: 1000 })
        const open = orders.filter(({ state }) => state === 'reserved')
        expect(open.length).toBeLessThanOrEqual(limit.maxOrdersPerMinute)
        for (const { quantity } of open) expect(new Decimal(quantity).times(50_000).lte(limit.maxOrderNotional)).toBe(true)
        expect(new Set(open.map(({ strategyId }) => strategyId)).size).toBe(open.length)
        // Filled, they count at their cost: what comes behind finds that much less.
        await one.venue.onPrice({ symbol: 'BTCUSDT', price: 50_000, ts: START_MS })
        await one.trade()
        await one.pass(1000)
        await one.price('BTCUSDT', 50_000)
        await one.clock.advance(2 * MINUTE)
        other.clock.step(2 * MINUTE)
        for (const { prices, clock } of [one, other]) prices.set('BTCUSDT', { price: 50_000, ts: clock.nowMs() })
        await planned(second, 1)
        await within('1.002')
        const all = await one.path.orders.list({ limit: 1000 })
        accepted += all.filter(({ state }) => state !== 'rejected').length
        for (const { reason } of all) if (reason !== null) refused.add(reason)
        await other.close()
        await one.close()
      }),
      { numRuns: 8 },
    )
    expect(accepted).toBeGreaterThan(8)
    // Limits were met, and not always the same one.
    expect(refused.size).toBeGreaterThanOrEqual(3)
  },
)

it('the throttle of repeated orders survives a restart, and opens again when its window has passed', async () => {
  const folder = temporaryFolder()
  const repeatWindowMs = 10 * MINUTE
  let candle = 0
  /** One life: an entry and an exit that fill, and what became of the entry. */
  const live = async (startMs: number): Promise<string> => {
    const fixture = await openPath({ folder, startMs, limits: { maxRepeats: 2, repeatWindowMs } })
    await fixture.price('BTCUSDT', 50_000)
    await fixture.trade()
    for (const part of [{}, { side: 'sell', purpose: 'exit' }] as const) {
      const candleTs = START_MS + candle++ * 3_600_000
      await planOrders(fixture.path, [wish({ ...part, candleTs, validUntil: startMs + MINUTE })])
      await fixture.settle()
      await fixture.price('BTCUSDT', 50_000)
    }
    const entry = (await fixture.path.orders.list({ limit: 10 })).find(({ side }) => side === 'buy')
    await fixture.close()
    return `${entry?.state} ${entry?.reason ?? '-'}`
  }
  expect(await live(START_MS)).toBe('filled -')
  expect(await live(START_MS + MINUTE)).toBe('filled -')
  expect(await live(START_MS + 2 * MINUTE)).toBe('rejected risk_repeated')
  expect(await live(START_MS + repeatWindowMs - 1)).toBe('rejected risk_repeated')
  // The first of the two has left the window.
  expect(await live(START_MS + repeatWindowMs)).toBe('filled -')
  expect(await live(START_MS + repeatWindowMs + 1)).toBe('rejected risk_repeated')
})

it('a duplicate is found whatever id it carries: same strategy, side and candle', async () => {
  const fixture = await openPath()
  await fixture.price('BTCUSDT', 50_000)
  await fixture.trade()
  await planOrders(fixture.path, [wish({ moment: 'one' })])
  await fixture.settle()
  await fixture.path.venue.cancel('BTCUSDT', (await fixture.path.orders.list({ limit: 1 }))[0]?.clientOrderId ?? '')
  await fixture.settle()
  await planOrders(fixture.path, [wish({ moment: 'another' })])
  await planOrders(fixture.path, [wish({ moment: 'third', candleTs: START_MS })])
  await fixture.settle()
  const orders = await fixture.path.orders.list({ limit: 10 })
  expect(orders.map(({ state, reason }) => `${state} ${reason ?? '-'}`).sort()).toEqual([
    'acknowledged -',
    'cancelled venue_cancelled',
    'rejected risk_duplicate',
  ])
  await fixture.close()
})
