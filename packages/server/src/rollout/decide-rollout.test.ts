import { afterEach, describe, expect, it } from 'vitest'
import { exposedCount } from '@spark/core/rollout/exposure'
import type { Strategy } from '@spark/core/trading/strategy'
import { setKillSwitch, liftKillSwitch } from '../kill-switch.ts'
import { planOrders } from '../executor/orders/plan-orders.ts'
import { wish } from '../executor/orders/order-path-fixture.ts'
import { onPostgres } from '../storage/main-database-fixture.ts'
import { commandRollout } from './decide-rollout.ts'
import { SHORT_PLAN, WHO, openRollout, type RolloutFixture } from './rollout-fixture.ts'

let fixture: RolloutFixture
afterEach(() => fixture.close())

const say = (kind: 'pause' | 'preview' | 'rollback' | 'approve') => ({ kind, by: 'ada', reason: 'a test' })
const exposed = async () => [...(await fixture.path.rollouts.exposed()).keys()]
const fence = () => fixture.path.risk.epoch(fixture.path.db)
const enter = (strategyId: string, arm: 'ml' | 'baseline' = 'ml') =>
  wish({
    strategyId,
    arm,
    candleTs: fixture.clock.nowMs(),
    moment: fixture.clock.nowMs(),
    validUntil: fixture.clock.nowMs() + 300_000,
  })
const stateOf = async (strategyId: string) => {
  const orders = await fixture.path.orders.list({ limit: 100, strategyId })
  return orders.map(({ state, reason }) => [state, reason])
}

describe('exposure', () => {
  it('grows as a prefix of the frozen order, and is leased for 30 s at a time', async () => {
    fixture = await openRollout()
    const members = await fixture.path.rollouts.members('rollout-1')
    await fixture.path.risk.leaseExposure(fixture.path.db, 0)
    await fixture.tick()
    expect([(await exposed()).length, (await fence()).leaseUntil]).toEqual([0, 0])
    for (const share of [0.1, 0.5, 1]) {
      await fixture.advanceTo(share)
      const prefix = members.slice(0, exposedCount(members, share)).map(({ strategyId }) => strategyId)
      expect(await exposed()).toEqual(prefix.sort())
      expect((await fence()).leaseUntil).toBe(fixture.clock.nowMs() + 30_000)
    }
  })

  it('ends with its lease: an ML order that increases risk is not sent by an executor that nobody watches', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.1)
    const [first = ''] = await exposed()
    const second = (await exposed())[1] ?? ''
    await fixture.price('BTCUSDT', 50_000)
    await planOrders(fixture.path, [enter(first), enter('s19', 'baseline')])
    fixture.clock.step(30_001)
    await fixture.price('BTCUSDT', 50_000)
    await planOrders(fixture.path, [enter(second)])
    await fixture.trade()
    await fixture.pass(2000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await stateOf(first)).toEqual([['cancelled', 'exposure_lease_over']])
    expect(await stateOf(second)).toEqual([['rejected', 'exposure_lease_over']])
    // The baseline is not exposure; and exits always work.
    expect(await stateOf('s19')).toEqual([['filled', null]])
  })
})

describe('who comes or goes during a rollout', () => {
  it('joins as baseline, and leaves its place empty: no share exposes anybody else', async () => {
    fixture = await openRollout()
    const { path, clock } = fixture
    const ranked = (await path.rollouts.members('rollout-1')).map(({ strategyId }) => strategyId)
    const [gone = ''] = ranked
    // On the canary stream, and first by its name.
    const newcomer = { ...(await path.strategies.get(gone)), id: 'a-new', name: 'a-new' } as Strategy
    await path.strategies.install([newcomer], clock.nowMs())
    await path.db.transaction().execute((trx) => path.strategies.setStatus(trx, gone, 'stopped', null, clock.nowMs()))
    for (const share of [0.1, 0.5, 1]) {
      await fixture.advanceTo(share)
      expect((await exposed()).sort()).toEqual(ranked.slice(0, ranked.length * share).sort())
    }
    expect(await path.strategies.get('a-new')).toMatchObject({ exposed: false })
  })
})

describe('a rollback', () => {
  it('is one transaction: epoch, exposure, ML off, lease, orders, positions, alert and audit', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.5)
    const [held = '', open = ''] = await exposed()
    const trading = await fixture.trade()
    await fixture.price('BTCUSDT', 50_000)
    await planOrders(fixture.path, [enter(held)])
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await stateOf(held)).toEqual([['filled', null]])
    await trading.stop()
    await planOrders(fixture.path, [enter(open), enter('s19', 'baseline')])
    const decided = await commandRollout(fixture.parts, say('rollback'), WHO)
    expect(decided).toMatchObject({ epoch: 2, onTheWire: [], outcome: { decision: 'rollback' } })
    expect(await fence()).toEqual({ epoch: 2, mlOff: true, leaseUntil: 0 })
    expect(await exposed()).toEqual([])
    expect(await fixture.path.positions.open()).toMatchObject([{ strategyId: held, arm: 'ml', reduceOnly: true }])
    const told = (await fixture.events()).filter(
      ({ action }) => action.startsWith('rollout.rollback') || action === 'alert.raised',
    )
    expect(told.map(({ action, actor }) => `${action} ${actor}`)).toEqual(['alert.raised executor', 'rollout.rollback ada'])
  })

  it('lets no order of an older epoch start, whatever waited, and lists what was on the wire', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.5)
    const [wired = '', waiting = ''] = await exposed()
    await fixture.price('BTCUSDT', 50_000)
    // Taken by the venue, not filled: it fills at the next price.
    await planOrders(fixture.path, [enter(wired)])
    await fixture.trade()
    await fixture.pass(500)
    await planOrders(fixture.path, [enter(waiting)])
    const decided = await commandRollout(fixture.parts, say('rollback'), WHO)
    const [order] = await fixture.path.orders.list({ limit: 1, strategyId: wired })
    expect('onTheWire' in decided && decided.onTheWire).toEqual([order?.clientOrderId])
    await fixture.pass(5000)
    await fixture.price('BTCUSDT', 50_000)
    await fixture.pass(1000)
    // By the job that would send it; on a server the one that cancels runs beside it, and may be first.
    const reasons = onPostgres() ? ['old_epoch', 'killed'] : ['old_epoch']
    expect(await stateOf(waiting)).toEqual([['cancelled', expect.toBeOneOf(reasons)]])
    // What was at the venue is cancelled there, and never becomes a position of ML.
    expect((await stateOf(wired))[0]?.[0]).toBe('cancelled')
    expect(await fixture.venue.openOrders(['BTCUSDT'])).toEqual([])
    expect((await fixture.venue.fills('BTCUSDT', 0)).map(({ clientOrderId }) => clientOrderId)).toEqual([])
  })

  it('works on an ML entry that fills after it: the position belongs to the baseline, which only closes it', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.5)
    const [wired = ''] = await exposed()
    await fixture.price('BTCUSDT', 50_000)
    await planOrders(fixture.path, [enter(wired)])
    await fixture.trade()
    await fixture.pass(500)
    await commandRollout(fixture.parts, say('rollback'), WHO)
    // The market is faster than the cancellation.
    await fixture.price('BTCUSDT', 50_000)
    await fixture.pass(2000)
    expect(await fixture.path.positions.open()).toMatchObject([{ strategyId: wired, arm: 'ml', reduceOnly: true }])
  })

  it('of a plan that flattens closes the positions of ML, and those of the baseline stay', async () => {
    fixture = await openRollout({ plan: { ...SHORT_PLAN, onRollback: 'flatten' } })
    await fixture.advanceTo(0.5)
    const [held = ''] = await exposed()
    await fixture.trade()
    await fixture.price('BTCUSDT', 50_000)
    await planOrders(fixture.path, [enter(held), enter('s19', 'baseline')])
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await fixture.path.positions.open()).toHaveLength(2)
    await commandRollout(fixture.parts, say('rollback'), WHO)
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    await fixture.pass(1000)
    expect(await fixture.path.positions.open()).toMatchObject([{ strategyId: 's19', arm: 'baseline' }])
  })

  it('is final, and exits still work', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(1)
    await fixture.trade()
    await fixture.price('BTCUSDT', 50_000)
    await planOrders(fixture.path, [enter('s3')])
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    await commandRollout(fixture.parts, say('rollback'), WHO)
    expect(await commandRollout(fixture.parts, say('approve'), WHO)).toMatchObject({
      problem: 'the rollout has ended (rolled back); start a new one',
    })
    const [position] = await fixture.path.positions.open()
    await planOrders(fixture.path, [{ ...enter('s3'), side: 'sell', purpose: 'exit', quantity: position?.quantity ?? '0' }])
    await fixture.pass(1000)
    await fixture.price('BTCUSDT', 50_000)
    await fixture.pass(1000)
    expect(await fixture.path.positions.open()).toEqual([])
  })
})

describe('preview only', () => {
  it('closes the fence and leaves ML on: scoring goes on', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.1)
    await commandRollout(fixture.parts, say('preview'), WHO)
    expect(await fence()).toMatchObject({ epoch: 2, mlOff: false, leaseUntil: 0 })
    expect(await exposed()).toEqual([])
  })
})

describe('the kill switch of everything', () => {
  it('ends the rollout; lifted, it is off, and another one may start', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.1)
    const request = { scope: 'all', reason: 'a test', ...WHO }
    await setKillSwitch(fixture.parts, request)
    expect((await fixture.path.rollouts.newest())?.state.phase).toBe('killed')
    expect(await fence()).toMatchObject({ epoch: 2, mlOff: true })
    expect(await liftKillSwitch(fixture.parts, request)).toBe(true)
    expect((await fixture.path.rollouts.newest())?.state.phase).toBe('off')
  })
})

describe('a sender that stood still between the mark and the socket', () => {
  it.each([
    [1000, false],
    [1001, true],
  ])(
    'for %d ms by the monotonic clock sends nothing of what it marked: %s; the attempt after it marks it anew',
    async (stoodMs, isLost) => {
      fixture = await openRollout()
      await fixture.advanceTo(0.1)
      const [first = ''] = await exposed()
      await fixture.price('BTCUSDT', 50_000)
      const { clock, path } = fixture
      const committed = path.committed.bind(path)
      let stood = 0
      path.clock = {
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        realMs: () => clock.realMs() + stood,
        speed: clock.speed,
        after: (delayMs, callback) => clock.after(delayMs, callback),
        every: (periodMs, callback) => clock.every(periodMs, callback),
        sleep: (delayMs) => clock.sleep(delayMs),
      }
      await planOrders(path, [enter(first)])
      // Called when the transaction that marks it is over: SIGSTOP right there, a few times.
      let stops = 4
      path.committed = () => {
        if (stops-- > 0) stood += stoodMs
        committed()
      }
      await fixture.trade()
      await fixture.pass(500)
      const reasons = (await fixture.events()).flatMap(({ context }) => context['reason'] ?? [])
      expect(reasons.includes('not_placed: too_late')).toBe(isLost)
      expect(await stateOf(first)).toEqual([['acknowledged', null]])
      expect(await fixture.venue.openOrders(['BTCUSDT'])).toHaveLength(1)
    },
  )

  it('sends nothing late: the venue refuses what was signed too long ago', async () => {
    fixture = await openRollout()
    await fixture.advanceTo(0.1)
    const [first = ''] = await exposed()
    await fixture.price('BTCUSDT', 50_000)
    const place = fixture.path.venue.place.bind(fixture.path.venue)
    fixture.path.venue = Object.assign(Object.create(fixture.path.venue) as typeof fixture.path.venue, {
      place: (request: Parameters<typeof place>[0]) => {
        // The process is stopped for ten seconds and does not know: SIGSTOP, a suspended machine.
        fixture.clock.step(10_000)
        return place(request)
      },
    })
    await planOrders(fixture.path, [enter(first)])
    await fixture.trade()
    await fixture.pass(500)
    expect(await fixture.venue.openOrders(['BTCUSDT'])).toEqual([])
    expect(await stateOf(first)).toEqual([['unknown', 'not_placed: clock_skew']])
  })
})
