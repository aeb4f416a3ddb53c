import { expect, it } from 'vitest'
import type { RiskLimitName } from '@spark/contract/trading'
import { changeLimits } from '../../change-limits.ts'
import type { SparkFile } from '../../strategies-file.ts'
import type { LeasedJob } from '../../queue/queue.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { createCancelBudget } from './cancel-budget.ts'
import { cancelOrders } from './cancel-orders.ts'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'
import { settleAlerts } from './settle-alerts.ts'

const options = () => ({ folder: temporaryFolder(), strategies: 4, thread: true })
const by = { traceId: 't', reason: 'a test' }

/** As somebody does it in another process than the one that plans. */
const change = (
  { path }: PathFixture,
  limits: Partial<Record<RiskLimitName, string | null>>,
  file: Pick<SparkFile, 'risk'> = {},
  actor = 'grace',
) => changeLimits({ stores: path, file, clock: path.clock }, limits, { ...by, actor })

const spoil = ({ path }: PathFixture) =>
  path.riskLimits.put(path.db, { name: 'maxCancelsPerMinute', value: 'many', actor: 'nobody', changedAt: START_MS })

const stored = async ({ path }: PathFixture) =>
  (await path.riskLimits.list()).map(({ name, value, actor }) => `${name} ${value} ${actor}`)

async function plan({ path, prices }: PathFixture, strategyId: string): Promise<string> {
  prices.set('BTCUSDT', { price: 50_000, ts: START_MS })
  const [order] = await planOrders(path, [wish({ strategyId, quantity: '0.01' })])
  return `${order?.state} ${order?.reason}`
}

it('a limit that was changed holds for the next order of a process that runs, and again after a restart', async () => {
  const where = options()
  const running = await openPath(where)
  const other = await openPath(where)
  expect(await plan(running, 's0')).toBe('reserved null')
  expect(await change(other, { maxOrderNotional: '499.99' })).toEqual({
    changes: [{ name: 'maxOrderNotional', before: '1000', after: '499.99' }],
  })
  expect(await plan(running, 's1')).toBe('rejected risk_order_value')
  const restarted = await openPath(where)
  expect(await plan(restarted, 's2')).toBe('rejected risk_order_value')
  await change(other, { maxOrderNotional: null })
  expect(await plan(running, 's3')).toBe('reserved null')
  for (const one of [running, other, restarted]) await one.close()
})

it('the change and its audit event are one transaction, and nothing is written where nothing changes', async () => {
  const fixture = await openPath(options())
  await change(fixture, { maxDailyLoss: '6000', maxRepeats: '10' })
  expect(await fixture.path.outbox.next(10)).toEqual([])
  expect(await stored(fixture)).toEqual([])
  await change(fixture, { maxDailyLoss: '2500.5', allowedSymbols: 'ETHUSDT BTCUSDT', repeatWindowS: '60' })
  const [row, ...rest] = await fixture.path.outbox.next(10)
  expect(rest).toEqual([])
  expect(row?.event).toMatchObject({
    action: 'risk.limits_changed',
    actor: 'grace',
    context: {
      reason: 'a test',
      changes: [
        { name: 'allowedSymbols', before: null, after: 'ETHUSDT BTCUSDT' },
        { name: 'repeatWindowS', before: '300', after: '60' },
        { name: 'maxDailyLoss', before: '6000', after: '2500.5' },
      ],
    },
  })
  await fixture.close()
})

it('a value that counts already stays its first author’s, and an override that equals the file goes with an audit event', async () => {
  const fixture = await openPath(options())
  await change(fixture, { maxDailyLoss: '3000' })
  expect(await change(fixture, { maxDailyLoss: '3000' }, {}, 'ada')).toEqual({ changes: [] })
  expect(await stored(fixture)).toEqual(['maxDailyLoss 3000 grace'])
  const file = { risk: { maxDailyLoss: '3000' } }
  const back = { changes: [{ name: 'maxDailyLoss', before: '3000', after: '3000' }] }
  expect(await change(fixture, { maxDailyLoss: null, maxRepeats: null }, file, 'ada')).toEqual(back)
  expect(await stored(fixture)).toEqual([])
  const events = await fixture.events()
  expect(events.map(({ actor, context }) => [actor, context?.['toFile']])).toEqual([
    ['grace', []],
    ['ada', ['maxDailyLoss']],
  ])
  await fixture.close()
})

it('a stored limit that cannot be read stops entries and no exit, and is told until it is set again', async () => {
  const fixture = await openPath()
  const { path } = fixture
  await fixture.trade()
  await fixture.price('BTCUSDT', 50_000)
  await planOrders(path, [wish()])
  await fixture.pass(1000)
  await fixture.price('BTCUSDT', 50_000)
  expect((await path.positions.open()).map(({ quantity }) => quantity)).toEqual(['0.01'])
  await spoil(fixture)
  expect(await plan(fixture, 's1')).toBe('rejected risk_check_failed')
  const sale = { side: 'sell', purpose: 'exit', moment: 'sale', candleTs: START_MS } as const
  const [exit] = await planOrders(path, [wish(sale)])
  expect(`${exit?.state} ${exit?.reason}`).toBe('reserved null')
  const look = async () => {
    await settleAlerts(path, await path.alerts.open(), await path.queue.depth())
    return (await path.alerts.open()).map(({ code, severity }) => `${severity} ${code}`)
  }
  expect(await look()).toEqual(['red limits_unreadable'])
  await change(fixture, { maxCancelsPerMinute: '600' })
  expect(await look()).toEqual([])
  expect(await plan(fixture, 's2')).toBe('reserved null')
  await fixture.close()
})

it('a stored limit that cannot be read keeps no order from being cancelled', async () => {
  const fixture = await openPath()
  const { path } = fixture
  expect(await plan(fixture, 's0')).toBe('reserved null')
  await spoil(fixture)
  const job: LeasedJob = {
    id: '1',
    queue: 'order',
    key: 'cancel',
    payload: { kind: 'cancel', scope: 'all', askedAt: START_MS },
    attempt: 1,
    enqueuedAt: START_MS,
    leaseUntil: START_MS + 1000,
    leaseToken: 't',
  }
  await cancelOrders(path, createCancelBudget(fixture.clock), job)
  expect((await path.orders.list({ limit: 10 })).map(({ state, reason }) => `${state} ${reason}`)).toEqual(['cancelled killed'])
  await fixture.close()
})

it('a value that cannot be is refused, and what stands beside it is not changed either', async () => {
  const fixture = await openPath(options())
  for (const wrong of [
    { maxDailyLoss: '-1' },
    { maxDailyLoss: 'NaN' },
    { maxDailyLoss: '1e9' },
    { maxOrdersPerMinute: '1.5' },
    { maxOrdersPerMinute: '' },
    { maxPriceAgeS: '0' },
    { allowedSymbols: ' ' },
    { allowedSymbols: 'BTC/USDT' },
  ]) {
    const answer = await change(fixture, { maxTotalNotional: '5', ...wrong })
    expect(answer).toEqual({ problems: [expect.stringContaining(Object.keys(wrong)[0] ?? '')] })
  }
  expect(await fixture.path.riskLimits.list()).toEqual([])
  await fixture.close()
})
