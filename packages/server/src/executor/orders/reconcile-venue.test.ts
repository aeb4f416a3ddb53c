import { expect, it } from 'vitest'
import { openPath, wish } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'
import { reconcileVenue } from './reconcile-venue.ts'

/** Statements and calls of the venue that a reconciliation takes while so many orders are open at the venue. */
async function pointsWith(orders: number): Promise<number> {
  let points = 0
  const fixture = await openPath({ strategies: orders, onPoint: () => (points += 1) })
  await fixture.trade()
  await fixture.price('BTCUSDT', 50_000)
  const wishes = Array.from({ length: orders }, (_, at) => wish({ strategyId: `s${at}`, quantity: '0.001' }))
  await planOrders(fixture.path, wishes)
  await fixture.pass(1000)
  expect((await fixture.path.orders.open(fixture.path.db)).map(({ state }) => state)).toEqual(wishes.map(() => 'acknowledged'))
  points = 0
  expect(await reconcileVenue(fixture.path, { strict: false })).toEqual([])
  const taken = points
  await fixture.close()
  return taken
}

it('an open order that both books tell alike costs no statement and no call', async () => {
  expect(await pointsWith(40)).toBe(await pointsWith(2))
})
