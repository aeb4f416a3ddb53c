import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { START_MS, openPath, wish, type PathFixture } from './orders/order-path-fixture.ts'
import { planOrders } from './orders/plan-orders.ts'
import { startPortfolio, type Portfolio } from './portfolio.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
let fixture: PathFixture
let portfolio: Portfolio
/** Two strategies of 1,000 each. */
beforeEach(async () => {
  fixture = await openPath({ strategies: 2 })
  await fixture.price('BTCUSDT', 50_000)
  await fixture.trade()
  portfolio = await start()
})
afterEach(async () => {
  await portfolio.stop()
  await fixture.close()
})

function start({ clock, path }: PathFixture = fixture, keeps = () => true): Promise<Portfolio> {
  const { log, strategies, positions, equityCurve: equity } = path
  return startPortfolio({ clock, log, strategies, positions, equity, keeps, lastPrice: (symbol) => path.lastPrice(symbol) })
}
async function ordered(change: Parameters<typeof wish>[0]): Promise<void> {
  await planOrders(fixture.path, [wish({ ...change, validUntil: fixture.clock.nowMs() + 60_000 })])
  await fixture.settle()
}
/** The newest point of a scope, to the cent. */
async function newest(scope: string): Promise<Record<string, string>> {
  await portfolio.stop()
  const point = (await fixture.path.equityCurve.points(scope, 0, 1000)).at(-1)
  return Object.fromEntries(
    (['equity', 'realized', 'unrealized', 'fees'] as const).map((key) => [key, new Decimal(point?.[key] ?? NaN).toFixed(2)]),
  )
}

describe('equity', () => {
  it('is capital, what was made and what is open, in total, by arm and by strategy', async () => {
    await ordered({ strategyId: 's0', arm: 'ml' })
    await ordered({ strategyId: 's1', arm: 'baseline', quantity: '0.02' })
    await fixture.price('BTCUSDT', 50_000)
    const later = { candleTs: START_MS, moment: START_MS, side: 'sell', purpose: 'exit' } as const
    await ordered({ ...later, strategyId: 's1', quantity: '0.02' })
    await fixture.price('BTCUSDT', 51_000)
    // s1 bought at 50,005.25 and sold at 50,994.63, a fee of a thousandth each; s0 paid 500.55 for what is worth 510 now.
    const made = new Decimal('50994.63').minus('50005.25').times('0.02').minus('1.000105').minus('1.0198926')
    expect(await newest('strategy:s1')).toEqual({
      equity: made.plus(1000).toFixed(2),
      realized: made.toFixed(2),
      unrealized: '0.00',
      fees: '2.02',
    })
    expect(await newest('strategy:s0')).toMatchObject({ equity: '1009.45', realized: '0.00', unrealized: '9.45' })
    expect(await newest('arm:ml')).toEqual({ equity: '9.45', realized: '0.00', unrealized: '9.45', fees: '0.50' })
    expect(await newest('arm:baseline')).toMatchObject({ equity: made.toFixed(2), unrealized: '0.00' })
    expect(await newest('total')).toMatchObject({ equity: made.plus('2009.44865').toFixed(2), realized: made.toFixed(2) })
  })

  it('of a process that does not keep it is by the marks of the one that does, and unknown before there are any', async () => {
    const { path } = fixture
    await path.db.deleteFrom('equity_mark').execute()
    const other = await start(fixture, () => false)
    expect(other.equity()).toBeNull()
    expect(await path.equityCurve.mark('now')).toBeNull()
    await portfolio.stop()
    portfolio = await start()
    await path.equityCurve.setMark('peak', '2500', START_MS)
    await other.refresh()
    expect(other.equity()).toEqual({ now: '2000', dayStart: '2000', peak: '2500' })
    await other.stop()
  })

  it("stays with the arm that opened a position, whoever's decision closes it", async () => {
    await ordered({ strategyId: 's0', arm: 'ml' })
    await fixture.price('BTCUSDT', 50_000)
    await ordered({ arm: 'baseline', candleTs: START_MS, moment: START_MS, side: 'sell', purpose: 'exit' })
    await fixture.price('BTCUSDT', 51_000)
    const [only, ...others] = await fixture.path.positions.profits()
    expect([only?.arm, only?.fills, others.length]).toEqual(['ml', 2, 0])
    expect(Number((await newest('arm:ml'))['realized'])).toBeGreaterThan(8)
    expect(await fixture.path.equityCurve.points('arm:baseline', 0, 10)).toEqual([])
  })

  it('has a point for each minute, renewed until the minute is over, and one for each hour by strategy', async () => {
    await ordered({ strategyId: 's0' })
    await fixture.price('BTCUSDT', 50_000)
    for (let minute = 0; minute < 61; minute++) {
      await fixture.price('BTCUSDT', 50_000 + minute)
      await fixture.clock.advance(60_000)
      await fixture.settle()
    }
    const points = await fixture.path.equityCurve.points('total', START_MS, 1000)
    expect(points.map(({ ts }) => ts % 60_000).every((rest) => rest === 0)).toBe(true)
    expect(points.length).toBe(61)
    // The price changes within each minute, at its 20th second: a point holds what its minute ended with. The last has not ended.
    expect(new Set(points.map(({ unrealized }) => unrealized)).size).toBe(60)
    const ofStrategy = await fixture.path.equityCurve.points('strategy:s0', 0, 1000)
    expect(ofStrategy.map(({ ts }) => ts)).toEqual([Math.ceil(START_MS / HOUR) * HOUR])
  })

  it('a position without a price counts at its cost', async () => {
    await ordered({ strategyId: 's0' })
    await fixture.price('BTCUSDT', 50_000)
    fixture.prices.clear()
    expect(await newest('total')).toMatchObject({ equity: '2000.00', unrealized: '0.00' })
  })

  it('follows the market by its own time, so a replay looks at the same moments each time', async () => {
    await ordered({ strategyId: 's0' })
    await fixture.price('BTCUSDT', 50_000)
    fixture.clock.step(HOUR)
    fixture.prices.set('BTCUSDT', { price: 60_000, ts: fixture.clock.nowMs() })
    await portfolio.onPrice()
    const { now } = portfolio.equity() ?? { now: '0' }
    expect(Number(now)).toBeGreaterThan(2090)
    // Not again within five seconds.
    fixture.prices.set('BTCUSDT', { price: 10_000, ts: fixture.clock.nowMs() })
    await portfolio.onPrice()
    expect(portfolio.equity()?.now).toBe(now)
  })
})

it('where the day began and the peak are remembered over a restart, and the day begins anew at midnight UTC', async () => {
  const folder = temporaryFolder()
  const live = async (startMs: number, price: number) => {
    const one = await openPath({ strategies: 2, folder, startMs })
    one.prices.set('BTCUSDT', { price, ts: startMs })
    const portfolioNow = await start(one)
    const equity = portfolioNow.equity()
    await portfolioNow.stop()
    await one.close()
    return equity && Object.values(equity).map((text) => new Decimal(text).toFixed(0))
  }
  const first = await openPath({ strategies: 2, folder })
  await first.price('BTCUSDT', 50_000)
  await first.trade()
  await planOrders(first.path, [wish({ quantity: '0.02' })])
  await first.settle()
  await first.price('BTCUSDT', 50_000)
  await first.close()
  const noon = Math.floor(START_MS / DAY) * DAY + DAY / 2
  // 0.02 BTC: equity, day start, peak.
  expect(await live(noon, 60_000)).toEqual(['2199', '2199', '2199'])
  expect(await live(noon + HOUR, 40_000)).toEqual(['1799', '2199', '2199'])
  expect(await live(noon + DAY, 40_000)).toEqual(['1799', '1799', '2199'])
  expect(await live(noon + DAY + HOUR, 65_000)).toEqual(['2299', '1799', '2299'])
})
