import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { StorageError } from '../../storage/storage-error.ts'
import type { Misbehaviour } from '../../venue/misbehaviour.ts'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'

// Every point of the path in its order, again and again, in one process; every place in the code with real kills: test/crash.
// A life that ends at a point does nothing any more from there on: every statement and call after it fails, and what was not
// committed is gone with its connection, as after kill -9. The venue and its book live on.

const STRATEGIES = ['s0', 's1', 's2']
/** Steps of 2 s that the second life waits at most for what the first has left. */
const UNTIL_ENDED_STEPS = 100
const BADLY: Partial<Misbehaviour> = {
  acceptThenTimeOut: 0.3,
  failUnplaced: 0.15,
  duplicateFill: 0.5,
  fillBeforeAnswer: 0.3,
  notFoundForMs: 3000,
}

/** Enters, then closes, and lives for as long as it is let. Resolves with how many points it passed. */
async function live(folder: string, seed: number, startMs: number, point: number): Promise<number> {
  let passed = 0
  const fixture = await openPath({
    folder,
    seed,
    startMs,
    strategies: STRATEGIES.length,
    terms: { partialFills: 0.5 },
    // After the death of the first the venue answers as it should, so that every order can end.
    misbehaviour: point === 0 ? {} : BADLY,
    onPoint() {
      passed += 1
      if (point > 0 && passed >= point) throw new StorageError('unavailable', folder, 'this life is over')
    },
  })
  try {
    await fixture.price('BTCUSDT', 50_000)
    await fixture.trade()
    await trade(fixture, startMs, point === 0 ? UNTIL_ENDED_STEPS : 0)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
  } finally {
    await fixture.settle()
    await fixture.close()
  }
  return passed
}

async function trade(fixture: PathFixture, startMs: number, untilEndedSteps: number): Promise<void> {
  const { path } = fixture
  const decided = (candleTs: number) => ({ candleTs, moment: candleTs, validUntil: START_MS + 600_000 })
  await planOrders(
    path,
    STRATEGIES.map((strategyId) => wish({ ...decided(START_MS), strategyId })),
  )
  // Both lives meet the second candle at the same time.
  while (fixture.clock.nowMs() < START_MS + 60_000 || fixture.clock.nowMs() < startMs + 30_000) {
    await fixture.pass(2000)
    await fixture.price('BTCUSDT', 50_000)
  }
  const held = await path.positions.open()
  await planOrders(
    path,
    held.map(({ strategyId, quantity }) =>
      wish({ ...decided(START_MS + 1), strategyId, quantity, side: 'sell', purpose: 'exit' }),
    ),
  )
  for (let step = 0; step < 15; step++) {
    await fixture.pass(2000)
    await fixture.price('BTCUSDT', 50_000)
  }
  // A life that died late has left jobs to times that this one has yet to reach.
  for (let step = 0; step < untilEndedSteps && (await path.orders.open(path.db)).length > 0; step++) {
    await fixture.pass(2000)
    await fixture.price('BTCUSDT', 50_000)
  }
}

async function checkBooks(folder: string, what: string): Promise<void> {
  const fixture = await openPath({ folder, startMs: START_MS + 500_000 })
  const { path, venue } = fixture
  const orders = await path.orders.list({ limit: 1000 })
  const told = await fixture.events()
  let net = new Decimal(0)
  for (const order of orders) {
    const there = await venue.order('BTCUSDT', order.clientOrderId)
    const fills = told.filter(({ context }) => context['intentId'] === order.intentId && context['fill'] !== undefined)
    const sum = fills.reduce(
      (total, { context }) => total.plus((context['fill'] as { quantity: string }).quantity),
      new Decimal(0),
    )
    expect(sum.toString(), `${what}: ${order.strategyId} ${order.side} by the audit`).toBe(there?.filledQuantity ?? '0')
    expect(order.filledQuantity, `${what}: ${order.strategyId} ${order.side} by our book`).toBe(sum.toString())
    expect(['filled', 'expired', 'rejected', 'cancelled'], what).toContain(order.state)
    net = net.plus(sum.times(order.side === 'buy' ? 1 : -1))
  }
  const all = await venue.fills('BTCUSDT', 0)
  expect(new Set(all.map(({ clientOrderId }) => clientOrderId)).size, what).toBeLessThanOrEqual(orders.length)
  const btc = (await venue.balances()).find(({ asset }) => asset === 'BTC')
  expect(net.toString(), `${what}: what is held`).toBe(new Decimal(btc?.free ?? 0).plus(btc?.locked ?? 0).toString())
  // Every strategy bought once, and sold what it had.
  expect(
    all
      .filter(({ side }) => side === 'buy')
      .reduce((sum, fill) => sum.plus(fill.quantity), new Decimal(0))
      .lte('0.03'),
    what,
  ).toBe(true)
  expect(await path.venues.halt(path.db, 'paper'), what).toBeNull()
  await fixture.close()
}

it('ended at any point of the order path, the next life finds out what became of it: nothing twice, nothing lost', async () => {
  let points = 0
  for (let point = 1; ; point++) {
    const folder = mkdtempSync(join(tmpdir(), 'spark-points-'))
    const passed = await live(folder, point, START_MS, point)
    await live(folder, point + 1, START_MS + 20_000, 0)
    await checkBooks(folder, `ended at point ${point}`)
    rmSync(folder, { recursive: true })
    if (passed < point) break
    points = point
  }
  console.log(`order path: ended at each of ${points} points`)
  expect(points).toBeGreaterThan(150)
})
