import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AuditEvent } from '../../storage/audit/audit-event.ts'
import { decideStrategies } from '../decide-strategies.ts'
import { createStandings } from '../standings.ts'
import { START_MS, openPath, wish, type PathFixture, type PathOptions } from './order-path-fixture.ts'
import type { Wish } from './plan-orders.ts'
import { STRATEGIES_A_TRANSACTION, createPlanner, type Planner } from './planner.ts'

const STREAM = { symbol: 'BTCUSDT', tf: '1h' as const }
const CANDLE = START_MS - 3_600_000

let fixture: PathFixture
let statements = 0
let plan: Planner
async function open(options: PathOptions): Promise<void> {
  fixture = await openPath({ ...options, onPoint: () => (statements += 1) })
  plan = createPlanner(fixture.path)
  await fixture.price('BTCUSDT', 50_000)
  statements = 0
}
beforeEach(() => open({ strategies: 50 }))
afterEach(() => fixture.close())

const decided = (strategyId: string, wishes: Wish[] = [wish({ strategyId, quantity: '0.001' })]) =>
  plan({ stream: { symbol: 'BTCUSDT', tf: '1h' }, strategyIds: [strategyId], candleTs: CANDLE, epoch: null, wishes })
const decidedTs = async (id: string) => (await fixture.path.strategies.get(id))?.decidedTs
const orders = () => fixture.path.orders.list({ limit: 5000 })

it('what is decided while another plan is committed shares one transaction', async () => {
  await decided('s0')
  const alone = statements
  statements = 0
  await Promise.all(Array.from({ length: 41 }, (_, at) => decided(`s${at + 1}`)))
  // The first of them went alone; the other forty mark one candle each and share the rest.
  expect(statements).toBeLessThan(2 * alone + 41)
  expect((await orders()).map(({ state }) => state)).toEqual(Array.from({ length: 42 }, () => 'reserved'))
  expect(await decidedTs('s41')).toBe(CANDLE)
})

it('a plan that cannot be committed fails alone', async () => {
  const first = decided('s0')
  const [, good, bad] = await Promise.allSettled([first, decided('s1'), decided('s2', [wish({ strategyId: 'nobody' })])])
  expect(good.status).toBe('fulfilled')
  expect(bad.status).toBe('rejected')
  expect((await orders()).map(({ strategyId }) => strategyId).sort()).toEqual(['s0', 's1'])
  expect(await decidedTs('s2')).toBe(0)
})

it('opposite wishes of two plans that share a transaction meet inside', async () => {
  await fixture.trade()
  await decided('s0')
  await fixture.settle()
  await fixture.price('BTCUSDT', 50_000)
  const before = (await fixture.path.positions.get(fixture.path.db, 's0'))?.quantity ?? ''
  expect(before).toBe('0.001')
  const at = { candleTs: START_MS, moment: START_MS }
  await Promise.all([
    decided('s0', [wish({ strategyId: 's0', side: 'sell', purpose: 'exit', quantity: '0.001', ...at })]),
    decided('s1', [wish({ strategyId: 's1', quantity: '0.001', ...at })]),
  ])
  const inside = (await fixture.path.positions.fills({ limit: 100 })).filter(({ venue }) => venue === 'inside')
  expect(inside.map(({ strategyId, side }) => `${strategyId} ${side}`).sort()).toEqual(['s0 sell', 's1 buy'])
})

it('limits hold over plans that share a transaction', async () => {
  await fixture.close()
  await open({ strategies: 40, limits: { maxTotalNotional: '500' } })
  await Promise.all(Array.from({ length: 40 }, (_, at) => decided(`s${at}`)))
  const states = (await orders()).map(({ state }) => state)
  // 0.001 BTC at 50,000 are 50.
  expect(states.filter((state) => state === 'reserved')).toHaveLength(10)
  expect(states.filter((state) => state === 'rejected')).toHaveLength(30)
})

it('a stream with more strategies than a transaction takes decides entirely, each strategy once', async () => {
  await fixture.close()
  await open({
    strategies: 2 * STRATEGIES_A_TRANSACTION + 7,
    limits: { maxTotalNotional: '1000000', maxOrdersPerMinute: 10_000 },
  })
  const audited: AuditEvent[] = []
  const appendAll = (events: readonly AuditEvent[]) => Promise.resolve(void audited.push(...events)).then(() => [])
  const standings = createStandings(fixture.path)
  const deps = { ...fixture, plan, standings, audit: { appendAll }, log: fixture.path.log, askMl: () => Promise.resolve(null) }
  const prices = { o: 50_000, h: 50_000, l: 50_000, c: 50_000, v: 1 }
  const row = { ...STREAM, ts: CANDLE, ...prices, rsi_14: 50, macd_hist: 0, ema_20: 2, ema_50: 1, atr_14: 1 }
  await decideStrategies(deps, STREAM, row)
  await decideStrategies(deps, STREAM, row)
  const ids = new Set(audited.map(({ strategyId }) => strategyId))
  expect([ids.size, audited.length, (await orders()).length]).toEqual([1007, 1007, 1007])
  expect((await fixture.path.strategies.list()).every((strategy) => strategy.decidedTs === CANDLE)).toBe(true)
})
