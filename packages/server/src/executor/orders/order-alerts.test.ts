import type { AlertCode } from '@spark/core/alert/alert-code'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KnownAlert } from '../../notify/alerts.ts'
import { createModelStore } from '../../storage/model-store.ts'
import { tellDrift, tellVerdict } from '../labels/label-deps.ts'
import { START_MS, openPath, wish, type PathFixture } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'
import { raiseAlert, resolveAlert } from './raise-alert.ts'
import { settleAlerts } from './settle-alerts.ts'

let fixture: PathFixture
beforeEach(async () => {
  fixture = await openPath({ equity: '2000', limits: { maxDailyLoss: '1999' } })
  await fixture.price('BTCUSDT', 50_000)
})
afterEach(() => fixture.close())

const open = async () => (await fixture.path.alerts.open()).map(({ code, scope, count }) => `${code} ${scope} ${count}`).sort()
/** As the executor looks every second. */
const look = async () => {
  const { path } = fixture
  await settleAlerts(path, await path.alerts.open(), await path.queue.depth())
}

describe('an alert of the order path', () => {
  it('of a halt ends when the books agree again, and says so', async () => {
    const { path, venue } = fixture
    await fixture.trade()
    const stranger = { clientOrderId: 'sp-stranger', symbol: 'BTCUSDT', side: 'buy', quantity: '0.01', price: '1000' } as const
    await venue.place({ ...stranger, signedAtMs: START_MS, receiveWindowMs: 5000 })
    await fixture.pass(10_000)
    expect(await open()).toEqual(['venue_halted venue:paper 1'])
    await look()
    expect(await open()).toEqual(['venue_halted venue:paper 1'])
    await venue.cancel('BTCUSDT', 'sp-stranger')
    await fixture.pass(10_000)
    expect(await open()).toEqual([])
    const told = [...(await path.alerts.takeGroup(1)), ...(await path.alerts.takeGroup(2))]
    expect(told.map(({ kind, message }) => `${kind} ${message.slice(0, 30)}`)).toEqual([
      'raised paper: no order is sent; the v',
      'resolved paper: our book and the venue ',
    ])
  })

  it('of strategies that are paused for their losses is one, and ends when a person has started the last of them', async () => {
    const { path } = fixture
    const start = (id: string) => path.strategies.setStatus(path.db, id, 'running', null, START_MS)
    await planOrders(path, [wish(), wish({ strategyId: 's1' })])
    expect(await open()).toEqual(['auto_paused risk_daily_loss 2'])
    await start('s0')
    await look()
    expect(await open()).toEqual(['auto_paused risk_daily_loss 2'])
    await start('s1')
    await look()
    expect(await open()).toEqual([])
  })

  it('of a model ends when the model is not followed any more', async () => {
    const { path } = fixture
    const models = createModelStore(path.db)
    const desk = {
      raise: (alert: KnownAlert) => raiseAlert(path, alert),
      resolve: (code: AlertCode, scope: string) => resolveAlert(path, code, scope),
    }
    await models.put({ ...ML_FUSION_1_2, version: 'm-1' }, 'hash', START_MS)
    await models.setAlias('challenger', 'm-1', START_MS)
    await tellVerdict(desk, 'm-1', 'loses_after_costs')
    await tellDrift(desk, 'm-1', [{ feature: 'rsi', values: 300, index: 0.3, threshold: 0.2, drifted: true }])
    await look()
    expect(await open()).toEqual(['feature_drift model:m-1 1', 'model_loses model:m-1 1'])
    await models.dropAlias('challenger')
    await look()
    expect(await open()).toEqual([])
  })

  it('of a dead letter ends when the last one was redriven or discarded', async () => {
    const { path } = fixture
    const trading = await fixture.trade()
    for (const key of ['a', 'b']) await path.queue.enqueue(path.db, { queue: 'order', key, payload: { kind: 'nonsense' } })
    trading.poke()
    await fixture.settle()
    expect(await open()).toEqual(['dead_letter queue:order 2'])
    const [first, second] = await path.queue.deadLetters({ limit: 10 })
    await path.queue.discard(first?.id ?? '')
    await look()
    expect(await open()).toEqual(['dead_letter queue:order 2'])
    await path.queue.discard(second?.id ?? '')
    await look()
    expect(await open()).toEqual([])
  })
})
