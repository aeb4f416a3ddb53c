import { afterEach, beforeEach, expect, it } from 'vitest'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'
import { tellClockDoubt } from './tell-clock-doubt.ts'

let fixture: PathFixture
beforeEach(async () => {
  fixture = await openPath({ clocked: true })
  await fixture.price('BTCUSDT', 50_000)
})
afterEach(() => fixture.close())

const states = async () =>
  (await fixture.path.orders.list({ limit: 100 }))
    .map(({ strategyId, purpose, state, reason }) => `${strategyId} ${purpose} ${state} ${reason ?? '-'}`)
    .sort()
const next = () => ({
  candleTs: fixture.clock.nowMs(),
  moment: fixture.clock.nowMs(),
  validUntil: fixture.clock.nowMs() + 60_000,
})
const told = async () => (await fixture.events()).map(({ action }) => action).filter((action) => action.startsWith('clock.'))

it('after a step of the clock nothing enters, planned or waiting, until the market agrees; exits work; it is told once', async () => {
  const { path, clock } = fixture
  await fixture.trade()
  await planOrders(path, [wish({ ...next(), strategyId: 's0' })])
  await fixture.pass(1000)
  await fixture.price('BTCUSDT', 50_000)
  // It is reserved, and waits.
  const waits = { ...path, committed: () => {} }
  await planOrders(waits, [wish({ ...next(), strategyId: 's1' })])
  clock.step(5000)
  await planOrders(waits, [
    wish({ ...next(), strategyId: 's2' }),
    wish({ ...next(), strategyId: 's0', side: 'sell', purpose: 'exit' }),
  ])
  for (let look = 0; look < 3; look++) await tellClockDoubt(path)
  expect(await path.venues.entriesStopped(path.db, 'paper')).toContain('the clock went forward by 5.0 s')
  expect(await told()).toEqual(['clock.stepped'])
  await fixture.pass(1000)
  expect(await states()).toEqual([
    's0 enter filled -',
    's0 exit acknowledged -',
    's1 enter cancelled clock_stepped',
    's2 enter rejected clock_stepped',
  ])
  // A market message: the paper venue's own time is the clock's.
  await fixture.price('BTCUSDT', 50_000)
  await tellClockDoubt(path)
  expect(await path.venues.entriesStopped(path.db, 'paper')).toBeNull()
  expect(await told()).toEqual(['clock.stepped', 'clock.agrees'])
  await planOrders(path, [wish({ ...next(), strategyId: 's3' })])
  await fixture.pass(1000)
  expect(await states()).toContain('s3 enter acknowledged -')
  expect(clock.nowMs()).toBeGreaterThan(START_MS)
})
