import { afterEach, describe, expect, it } from 'vitest'
import { liftKillSwitch, setKillSwitch } from '../../kill-switch.ts'
import { VenueError } from '../../venue/venue.ts'
import { START_MS, openPath, wish, type PathFixture, type PathOptions } from './order-path-fixture.ts'
import { planOrders } from './plan-orders.ts'

const MINUTE = 60_000
let fixture: PathFixture
afterEach(() => fixture.close())

async function open(options?: PathOptions): Promise<PathFixture> {
  fixture = await openPath(options)
  await fixture.price('BTCUSDT', 50_000)
  await fixture.trade()
  return fixture
}
const request = (scope: string) => ({ scope, reason: 'odd fills', actor: 'me', traceId: `${scope} ${fixture.clock.nowMs()}` })
const parts = () => ({ stores: fixture.path, queue: fixture.path.queue, alerts: fixture.path.alerts, clock: fixture.clock })
async function kill(scope: string): Promise<void> {
  const { path } = fixture
  await setKillSwitch(parts(), request(scope))
  path.committed()
  await fixture.settle()
}
async function flatten(scope: string, askedAt = fixture.clock.nowMs(), requestId = `${scope} ${askedAt}`): Promise<void> {
  const payload = { kind: 'flatten', scope, requestId, actor: 'me', askedAt }
  await fixture.path.queue.enqueue(fixture.path.db, {
    queue: 'order',
    key: `flatten ${requestId} ${fixture.random.unit()}`,
    payload,
  })
  fixture.path.committed()
  await fixture.settle()
}
const states = async () =>
  (await fixture.path.orders.list({ limit: 100 }))
    .map(({ strategyId, side, state, reason }) => `${strategyId} ${side} ${state} ${reason ?? '-'}`)
    .sort()
const held = async () => (await fixture.path.positions.open()).map(({ strategyId }) => strategyId).join()
const jobs = async () => {
  const { ready, delayed, leased, dead } = (await fixture.path.queue.depth()).order
  return { waiting: ready + delayed + leased, dead }
}
const atVenue = async () => (await fixture.venue.openOrders(['BTCUSDT'])).length
const enter = async (...ids: string[]) => {
  await planOrders(
    fixture.path,
    ids.map((strategyId) => wish({ strategyId, validUntil: START_MS + 60 * MINUTE })),
  )
  await fixture.settle()
}
async function hold(...ids: string[]): Promise<void> {
  await enter(...ids)
  await fixture.price('BTCUSDT', 50_000)
}
const next = { candleTs: START_MS, moment: START_MS, validUntil: START_MS + 60 * MINUTE }

describe('the kill switch', () => {
  it.each([
    ['all', ['s0 buy cancelled venue_cancelled', 's1 buy cancelled venue_cancelled']],
    ['venue:paper', ['s0 buy cancelled venue_cancelled', 's1 buy cancelled venue_cancelled']],
    ['strategy:s1', ['s0 buy acknowledged -', 's1 buy cancelled venue_cancelled']],
  ])('with scope %s cancels at the venue what increases risk, and stops what comes', async (scope, expected) => {
    const { path } = await open()
    await enter('s0', 's1')
    await kill(scope)
    expect(await states()).toEqual(expected)
    expect(await atVenue()).toBe(expected.filter((line) => line.includes('acknowledged')).length)
    expect(await jobs()).toEqual({ waiting: 0, dead: 0 })
    await planOrders(path, [wish({ ...next, strategyId: 's1' })])
    expect(await states()).toContain('s1 buy rejected risk_killed')
    // What it had reserved is free again.
    const sums = await path.risk.sums(path.db, { strategyIds: ['s1'], candleTs: [], nowMs: START_MS, repeatWindowMs: 1 })
    expect(sums.byStrategy.get('s1') ?? '0').toBe('0')
  })

  it('lets exits and flatten through', async () => {
    const { path } = await open()
    await hold('s0', 's1')
    await kill('all')
    await planOrders(path, [wish({ ...next, side: 'sell', purpose: 'exit' })])
    await flatten('strategy:s1')
    await kill('all')
    expect((await states()).filter((line) => line.includes('sell'))).toEqual(['s0 sell acknowledged -', 's1 sell acknowledged -'])
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('')
  })

  it('withdraws what was not sent yet, and waits for the word of the venue on what is unknown', async () => {
    const { path } = await open({ misbehaviour: { acceptThenTimeOut: 1, notFoundForMs: 3000 } })
    await enter('s0')
    expect(await states()).toEqual(['s0 buy unknown timeout'])
    await kill('all')
    expect((await jobs()).waiting).toBe(2)
    await fixture.pass(20_000)
    expect(await states()).toEqual(['s0 buy cancelled venue_cancelled'])
    expect([await atVenue(), await jobs()]).toEqual([0, { waiting: 0, dead: 0 }])
    await fixture.price('BTCUSDT', 50_000)
    expect(await path.positions.open()).toEqual([])
  })

  it('keeps what was filled of a cancelled order', async () => {
    const { path } = await open({ terms: { partialFills: 1 } })
    await enter('s0')
    await fixture.price('BTCUSDT', 50_000)
    await kill('all')
    expect(await states()).toEqual(['s0 buy cancelled venue_cancelled'])
    expect(await path.positions.open()).toMatchObject([{ strategyId: 's0', quantity: '0.005' }])
    await fixture.pass(10_000)
    expect(await path.venues.halt(path.db, 'paper')).toBeNull()
  })

  it('cancels no faster than the budget of cancels, which orders do not use up, and goes on until all are cancelled', async () => {
    const ids = ['s0', 's1', 's2', 's3', 's4']
    await open({ strategies: 5, limits: { maxCancelsPerMinute: 2, maxOrdersPerMinute: 5 } })
    await enter(...ids)
    await kill('all')
    expect(await atVenue()).toBe(3)
    await fixture.pass(MINUTE - 1000)
    expect(await atVenue()).toBe(3)
    await fixture.pass(3000)
    expect(await atVenue()).toBe(1)
    await fixture.pass(MINUTE)
    expect([await atVenue(), await jobs()]).toEqual([0, { waiting: 0, dead: 0 }])
  })

  it('whose cancel cannot be carried out for ten minutes is a dead letter and an alert, not silence', async () => {
    const { path } = await open()
    await enter('s0')
    const real = path.venue
    path.venue = new Proxy(real, {
      get: (target, key) =>
        key === 'cancel'
          ? () => Promise.reject(new VenueError('unknown', 'timeout', 'no answer'))
          : (Reflect.get(target, key) as () => unknown),
    })
    await kill('all')
    fixture.clock.step(10 * MINUTE)
    await fixture.pass(3000)
    expect(await jobs()).toEqual({ waiting: 0, dead: 1 })
    expect((await path.queue.deadLetters({ limit: 1 }))[0]).toMatchObject({ reason: 'not_cancelled' })
    const raised = (await fixture.events()).filter(({ action }) => action === 'alert.raised')
    expect(raised.map(({ context }) => context['code'])).toContain('dead_letter')
    path.venue = real
  })

  it('lifted, lets what comes through again', async () => {
    await open()
    await kill('all')
    expect(await liftKillSwitch(parts(), request('all'))).toBe(true)
    expect(await liftKillSwitch(parts(), request('all'))).toBe(false)
    await enter('s0')
    expect(await states()).toEqual(['s0 buy acknowledged -'])
    expect((await fixture.events()).map(({ action }) => action)).toEqual(expect.arrayContaining(['kill.set', 'kill.lifted']))
  })
})

describe('flatten', () => {
  it.each([
    ['all', ''],
    ['symbol:BTCUSDT', ''],
    ['symbol:ETHUSDT', 's0,s1'],
    ['strategy:s0', 's1'],
  ])('%s closes what is in it, each with one order', async (scope, left) => {
    await open()
    await hold('s0', 's1')
    await flatten(scope)
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe(left)
    expect((await states()).filter((line) => line.includes('sell'))).toHaveLength(2 - left.split(',').filter(Boolean).length)
  })

  it('asked again under the same request orders nothing twice', async () => {
    await open()
    await hold('s0')
    for (let time = 0; time < 3; time++) await flatten('all', START_MS, 'one request')
    await fixture.price('BTCUSDT', 50_000)
    expect((await states()).filter((line) => line.includes('sell'))).toEqual(['s0 sell filled -'])
  })

  it('that was asked for more than five minutes ago is a dead letter, not an order', async () => {
    const { path } = await open()
    await hold('s0')
    await flatten('all', START_MS - 5 * MINUTE - 1)
    expect(await held()).toBe('s0')
    expect((await path.queue.deadLetters({ limit: 1 }))[0]).toMatchObject({ reason: 'request_expired' })
  })

  it('waits for a price, and for the order of the strategy that is open', async () => {
    const { path } = await open()
    await hold('s0', 's1')
    fixture.prices.clear()
    await flatten('strategy:s0')
    expect((await jobs()).waiting).toBe(1)
    await fixture.price('BTCUSDT', 50_000)
    await fixture.pass(2000)
    await fixture.price('BTCUSDT', 50_000)
    expect(await held()).toBe('s1')
    await planOrders(path, [wish({ ...next, strategyId: 's1', side: 'sell', purpose: 'exit' })])
    await flatten('strategy:s1')
    expect(await states()).toContain('s1 sell rejected order_open')
  })
})
