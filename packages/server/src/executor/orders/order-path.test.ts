import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { onPostgres } from '../../storage/main-database-fixture.ts'
import { START_MS, openPath, wish, type PathFixture, type PathOptions } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'
import { reconcileVenue } from './reconcile-venue.ts'

let fixture: PathFixture
afterEach(() => fixture.close())

async function open(options?: PathOptions): Promise<PathFixture> {
  fixture = await openPath(options)
  await fixture.price('BTCUSDT', 50_000)
  return fixture
}
const states = async () =>
  (await fixture.path.orders.list({ limit: 100 }))
    .map(({ strategyId, state, reason }) => `${strategyId} ${state} ${reason ?? '-'}`)
    .sort()
const actions = async () =>
  (await fixture.events()).map(({ action, _err }) => (_err === undefined ? action : `${action} ${_err}`))
const jobs = async () => (await fixture.path.queue.depth()).order
const held = async () =>
  (await fixture.path.positions.open()).map(({ strategyId, quantity }) => `${strategyId} ${quantity}`).join()

describe('planning', () => {
  it('writes order, audit event and job together; all or nothing', async () => {
    const { path } = await open()
    await planOrders(path, [wish()])
    expect([await states(), await actions(), (await jobs()).ready]).toEqual([['s0 reserved -'], ['order.reserved'], 1])
    // A strategy that does not exist breaks a reference: nothing of the whole is kept.
    await expect(planOrders(path, [wish({ strategyId: 's1' }), wish({ strategyId: 'nobody' })])).rejects.toThrow(/foreign key/i)
    expect([await states(), (await jobs()).ready]).toEqual([['s0 reserved -'], 1])
  })

  it('the same wish again is the same order, and a second one of the strategy waits for the first', async () => {
    const { path } = await open()
    await planOrders(path, [wish()])
    await planOrders(path, [wish()])
    expect(await states()).toEqual(['s0 reserved -'])
    await planOrders(path, [wish({ candleTs: START_MS, moment: START_MS })])
    expect(await states()).toEqual(['s0 rejected order_open', 's0 reserved -'])
  })

  it('what risk refuses is a rejected order with the reason, and sends nothing', async () => {
    const { path } = await open()
    await planOrders(path, [wish({ quantity: '0.03' })])
    expect([await states(), await actions(), (await jobs()).ready]).toEqual([
      ['s0 rejected risk_order_value'],
      ['order.rejected risk_order_value'],
      0,
    ])
  })

  it('too great a loss pauses the strategies concerned until a person starts them again', async () => {
    const { path } = await open({ equity: '2000', limits: { maxDailyLoss: '1999' } })
    await planOrders(path, [wish()])
    expect(await states()).toEqual(['s0 rejected risk_daily_loss'])
    expect(await path.strategies.get('s0')).toMatchObject({ status: 'paused', pauseReason: 'risk_daily_loss' })
    expect((await path.strategies.get('s1'))?.status).toBe('running')
    expect(await actions()).toContain('strategy.auto_paused risk_daily_loss')
  })

  it('opposite wishes meet inside at the reference price without fee, and the rest goes to the venue', async () => {
    const { path } = await open()
    await fixture.trade()
    await planOrders(path, [wish({ strategyId: 's0' })])
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('s0 0.01')
    const next = { candleTs: START_MS, moment: START_MS }
    await planOrders(path, [
      wish({ ...next, strategyId: 's0', side: 'sell', purpose: 'exit' }),
      wish({ ...next, strategyId: 's1', quantity: '0.015' }),
    ])
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('s1 0.015')
    const fills = await path.positions.fills({ limit: 10 })
    expect(
      fills
        .filter(({ venue }) => venue === 'inside')
        .map(({ side, quantity, fee }) => `${side} ${quantity} ${fee}`)
        .sort(),
    ).toEqual(['buy 0.01 0', 'sell 0.01 0'])
    expect((await fixture.venue.fills('BTCUSDT', 0)).map(({ side, quantity }) => `${side} ${quantity}`)).toEqual([
      'buy 0.01',
      'buy 0.005',
    ])
  })
})

describe('sending', () => {
  it('takes an order to its fill, and the book shows position, cost, profit and every step', async () => {
    const { path } = await open({ terms: { halfSpreadBps: '0', impactBps: '0' } })
    await fixture.trade()
    await planOrders(path, [wish()])
    await fixture.settle()
    expect(await states()).toEqual(['s0 acknowledged -'])
    await fixture.price('BTCUSDT', 50_100)
    expect(await states()).toEqual(['s0 filled -'])
    expect(await path.positions.open()).toMatchObject([
      { strategyId: 's0', quantity: '0.01', averagePrice: '50150.1', arm: 'baseline' },
    ])
    await planOrders(path, [wish({ side: 'sell', purpose: 'exit', candleTs: START_MS, moment: START_MS })])
    await fixture.settle()
    await fixture.price('BTCUSDT', 51_000)
    // 0.01 · (51,000 − 50,150.1) − 0.51 fee
    expect(await path.positions.profits()).toMatchObject([
      { strategyId: 's0', arm: 'baseline', realized: '7.989', fees: '1.011', fills: 2 },
    ])
    expect(await held()).toBe('')
    const oneOrder = ['order.reserved', 'order.sending', 'order.acknowledged', 'order.filled']
    expect(await actions()).toEqual([...oneOrder, ...oneOrder])
  })

  it('the kill switch stops entries that wait, exits still work', async () => {
    const { path } = await open()
    await fixture.trade()
    await planOrders(path, [wish()])
    await fixture.settle()
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('s0 0.01')
    await path.risk.kill(path.db, { scope: 'all', reason: 'test', actor: 'me', setAt: 1 })
    await planOrders(path, [
      wish({ strategyId: 's1', candleTs: START_MS, moment: START_MS }),
      wish({ side: 'sell', purpose: 'exit', candleTs: START_MS, moment: START_MS }),
    ])
    await fixture.settle()
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('')
    expect(await states()).toContain('s1 rejected risk_killed')
  })

  it('looks again before the socket: killed, of an old epoch, halted or too late since it was reserved, it is not sent', async () => {
    const { path } = await open({ strategies: 4 })
    await planOrders(path, [wish({ strategyId: 's0' })])
    await path.risk.kill(path.db, { scope: 'strategy:s0', reason: 'test', actor: 'me', setAt: 1 })
    await planOrders(path, [wish({ strategyId: 's1' })])
    await path.db.updateTable('rollout_epoch').set({ epoch: 2 }).execute()
    await planOrders(path, [wish({ strategyId: 's2', validUntil: START_MS - 1 })])
    await fixture.trade()
    await fixture.pass(1000)
    expect(await states()).toEqual(['s0 cancelled killed', 's1 cancelled old_epoch', 's2 expired signal_expired'])
    await planOrders(path, [wish({ strategyId: 's3' })])
    await path.venues.setHalt(path.db, 'paper', 'the books differ', START_MS)
    await fixture.settle()
    expect(await states()).toContain('s3 cancelled venue_halted')
    expect(await fixture.venue.fills('BTCUSDT', 0)).toEqual([])
    // What is not sent gives back what it had reserved.
    const sums = await path.risk.sums(path.db, { strategyIds: [], candleTs: [], nowMs: START_MS, repeatWindowMs: 1 })
    expect(sums.total).toBe('0')
  })

  it('an order whose answer was lost is asked for, not sent again', async () => {
    const { path } = await open({ misbehaviour: { acceptThenTimeOut: 1, notFoundForMs: 3000 } })
    await fixture.trade()
    await planOrders(path, [wish()])
    await fixture.settle()
    expect(await states()).toEqual(['s0 unknown timeout'])
    await fixture.pass(8000)
    expect((await states())[0]).toContain('acknowledged')
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('s0 0.01')
    expect((await fixture.venue.fills('BTCUSDT', 0)).length).toBe(1)
  })

  it('an order that never arrived is sent again only after "not found" twice past the receive window, and lapses when it is too late', async () => {
    const { path } = await open({ misbehaviour: { failUnplaced: 1 } })
    await fixture.trade()
    await planOrders(path, [wish({ validUntil: START_MS + 20_000 })])
    await fixture.settle()
    const sent = async () => (await fixture.events()).filter(({ action }) => action === 'order.sending').length
    await fixture.pass(6500)
    expect(await sent()).toBe(1)
    await fixture.pass(2000)
    expect(await sent()).toBe(2)
    await fixture.pass(30_000)
    expect((await states())[0]).toMatch(/s0 expired (never_arrived|signal_expired)/)
    expect(await fixture.venue.order('BTCUSDT', (await path.orders.list({ limit: 1 }))[0]?.clientOrderId ?? '')).toBeNull()
  })

  it('429 and clock skew are tried again while the signal is valid, without asking: nothing was placed', async () => {
    const { path } = await open({ misbehaviour: { rateLimit: 0.7, clockSkew: 0.3, rateLimitMs: 3000 } })
    await fixture.trade()
    await planOrders(path, [wish()])
    await fixture.pass(60_000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await states()).toEqual(['s0 filled -'])
  })

  it('a refusal ends the order with the reason of the venue', async () => {
    const { path } = await open({ strategies: 4 })
    await fixture.trade()
    await path.db
      .insertInto('position')
      .values({
        strategy_id: 's0',
        symbol: 'BTCUSDT',
        arm: 'baseline',
        quantity: '1',
        average_price: '1',
        opened_at: 1,
        reduce_only: 0,
        exposure_micros: 1,
        changed_at: 1,
      })
      .execute()
    await planOrders(path, [wish({ side: 'sell', purpose: 'exit', quantity: '1' })])
    await fixture.settle()
    expect(await states()).toEqual(['s0 rejected insufficient_funds'])
  })
})

describe('a dead letter of an order, redriven', () => {
  const bury = () => fixture.path.db.updateTable('queue_job').set({ state: 'dead', reason: 'attempts_exhausted' }).execute()
  const redrive = async () => {
    const [letter] = await fixture.path.queue.deadLetters({ queue: 'order', limit: 1 })
    const redriven = await fixture.path.queue.redrive(letter?.id ?? '')
    fixture.path.committed()
    return redriven
  }

  it('that had reached the venue is found there, and nothing is ordered again', async () => {
    const { path } = await open({ misbehaviour: { acceptThenTimeOut: 1, idReuse: 1 } })
    await fixture.trade()
    await planOrders(path, [wish()])
    await fixture.settle()
    expect(await states()).toEqual(['s0 unknown timeout'])
    await bury()
    await fixture.price('BTCUSDT', 50_000)
    await fixture.pass(20_000)
    expect([await redrive(), await redrive()]).toEqual([true, false])
    await fixture.pass(20_000)
    expect([await states(), await held()]).toEqual([['s0 filled -'], 's0 0.01'])
    expect(await fixture.venue.fills('BTCUSDT', 0)).toHaveLength(1)
  })

  it('that has ended meanwhile does nothing', async () => {
    const { path } = await open({ misbehaviour: { idReuse: 1 } })
    await fixture.trade()
    await planOrders(path, [wish()])
    await fixture.settle()
    await fixture.price('BTCUSDT', 50_000)
    const [order] = await path.orders.list({ limit: 1 })
    await path.queue.enqueue(path.db, { queue: 'order', key: 'again', payload: { kind: 'send', intentId: order?.intentId } })
    await bury()
    const before = await actions()
    expect(await redrive()).toBe(true)
    await fixture.pass(5000)
    expect([await actions(), (await jobs()).dead, await held()]).toEqual([before, 0, 's0 0.01'])
    expect(await fixture.venue.fills('BTCUSDT', 0)).toHaveLength(1)
  })

  it.each([
    ['invalid_payload', { kind: 'send' }],
    ['invalid_payload', { kind: 'dance' }],
    ['invalid_payload', {}],
    ['unknown_order', { kind: 'send', intentId: 'f'.repeat(64) }],
    ['invalid_payload', { kind: 'flatten', scope: 'all' }],
    ['invalid_payload', { kind: 'cancel', scope: 5 }],
  ])('that cannot be read dies again at once with its reason, %s', async (reason, payload) => {
    const { path } = await open()
    await fixture.trade()
    await path.queue.enqueue(path.db, { queue: 'order', key: 'odd', payload })
    for (let time = 0; time < 2; time++) {
      path.committed()
      await fixture.settle()
      expect(await path.queue.deadLetters({ limit: 5 })).toMatchObject([{ reason, attempts: 1, key: 'odd' }])
      await redrive()
    }
  })
})

describe('a restart', () => {
  it('asks for what was being sent, books what filled meanwhile, and sends what waited', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spark-path-'))
    const before = await open({ folder })
    await reconcileVenue(before.path, { strict: true })
    await planOrders(before.path, [wish({ strategyId: 's0' }), wish({ strategyId: 's1' }), wish({ strategyId: 's2' })])
    const [first, second] = await before.path.orders.list({ limit: 2 })
    if (first === undefined || second === undefined) throw new Error('no orders')
    // As a process leaves it that dies after the venue took the order, and one that dies before it was called.
    for (const { intentId } of [first, second])
      await before.path.orders.change(before.path.db, intentId, { state: 'sending', sendingAt: START_MS }, START_MS)
    await before.venue.place({ ...first, price: null, signedAtMs: START_MS, receiveWindowMs: 5000 })
    await before.price('BTCUSDT', 50_000)
    await before.close()
    fixture = await openPath({ folder, startMs: START_MS + 1000 })
    await fixture.price('BTCUSDT', 50_000)
    await fixture.trade()
    for (let second_ = 0; second_ < 30; second_++) {
      await fixture.pass(1000)
      await fixture.price('BTCUSDT', 50_000)
    }
    expect(await held()).toBe('s0 0.01,s1 0.01,s2 0.01')
    expect(await fixture.venue.fills('BTCUSDT', 0)).toHaveLength(3)
    rmSync(folder, { recursive: true })
  })
})

describe('reconciliation', () => {
  it('halts the venue on what nothing explains, and lets orders go on when both agree again', async () => {
    const { path } = await open()
    await fixture.trade()
    await fixture.venue.place({
      clientOrderId: 'sp-stranger',
      symbol: 'BTCUSDT',
      side: 'buy',
      quantity: '0.01',
      price: '1000',
      signedAtMs: START_MS,
      receiveWindowMs: 5000,
    })
    await fixture.pass(10_000)
    expect(await path.venues.halt(path.db, 'paper')).toContain('sp-stranger')
    await planOrders(path, [wish({ validUntil: START_MS + 600_000 })])
    await fixture.settle()
    expect(await states()).toEqual(['s0 cancelled venue_halted'])
    await fixture.venue.cancel('BTCUSDT', 'sp-stranger')
    await fixture.pass(10_000)
    expect(await path.venues.halt(path.db, 'paper')).toBeNull()
    expect(await actions()).toEqual(expect.arrayContaining(['venue.halted venue_halted', 'venue.resumed']))
  })

  it('finds money that our book does not have', async () => {
    const { path } = await open()
    await fixture.trade()
    await path.venues.addFlow(path.db, 'paper', new Map([['USDT', new Decimal(-1)]]), START_MS)
    await fixture.pass(10_000)
    expect(await path.venues.halt(path.db, 'paper')).toBe('the venue holds 100000 USDT, our book 99999')
  })
})

// On a server a seed takes five times as long, and asks nothing else of it than the others.
it.each(onPostgres() ? [1] : [1, 2, 3, 4, 5, 6])(
  'whatever the venue does, no order is sent twice and none is lost (seed %i)',
  async (seed) => {
    const { path } = await open({
      seed,
      strategies: 12,
      terms: { partialFills: 0.5 },
      misbehaviour: {
        acceptThenTimeOut: 0.2,
        failUnplaced: 0.2,
        rateLimit: 0.1,
        clockSkew: 0.1,
        duplicateFill: 0.5,
        fillBeforeAnswer: 0.3,
        notFoundForMs: 3000,
        rateLimitMs: 2000,
      },
    })
    await fixture.trade()
    const all = Array.from({ length: 12 }, (_, at) => `s${at}`)
    for (let round = 0; round < 4; round++) {
      const candleTs = START_MS + round * 3_600_000
      const long = new Map((await path.positions.open()).map((position) => [position.strategyId, position.quantity]))
      await planOrders(
        path,
        all.map((strategyId, at) =>
          wish({
            strategyId,
            candleTs,
            moment: candleTs,
            validUntil: fixture.clock.nowMs() + 60_000,
            quantity: long.get(strategyId) ?? new Decimal(at + 5).div(1000).toString(),
            ...(long.has(strategyId) && { side: 'sell', purpose: 'exit' }),
          }),
        ),
      )
      for (let second = 0; second < 100; second++) {
        await fixture.pass(1000)
        await fixture.price('BTCUSDT', 50_000 + second)
      }
    }
    const orders = await path.orders.list({ limit: 1000 })
    const fills = await fixture.venue.fills('BTCUSDT', 0)
    expect(fills.length).toBeGreaterThan(10)
    for (const order of orders) {
      const there = await fixture.venue.order('BTCUSDT', order.clientOrderId)
      const own = (await path.positions.fillsOf(order.intentId)).filter(({ venue }) => venue === 'paper')
      const sum = own.reduce((total, fill) => total.plus(fill.quantity), new Decimal(0))
      expect(sum.toString()).toBe(there?.filledQuantity ?? '0')
      expect(['filled', 'expired', 'rejected', 'cancelled']).toContain(order.state)
      if (there?.state === 'filled') expect(order.state).toBe('filled')
    }
    expect(await path.venues.halt(path.db, 'paper')).toBeNull()
  },
  60_000,
)
