import { expect, it } from 'vitest'
import type { RiskLimitName } from '@spark/contract/trading'
import { changeLimits } from '../../change-limits.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'

const options = () => ({ folder: temporaryFolder(), strategies: 4, thread: true })
const by = { actor: 'grace', traceId: 't', reason: 'a test' }

/** As somebody does it in another process than the one that plans. */
const change = ({ path }: PathFixture, limits: Partial<Record<RiskLimitName, string | null>>) =>
  changeLimits({ stores: path, file: {}, clock: path.clock }, limits, by)

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
