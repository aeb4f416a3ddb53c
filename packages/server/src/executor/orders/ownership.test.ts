import { streamName, type Stream } from '@spark/core/market/candle'
import { afterEach, describe, expect, it } from 'vitest'
import { openRollout } from '../../rollout/rollout-fixture.ts'
import { createAuditOutbox } from '../../storage/audit-outbox.ts'
import { createLeaseStore } from '../../storage/lease-store.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { ALONE, type Group } from '../group/group.ts'
import { LeaseGroup } from '../group/lease-group.ts'
import { openPath, START_MS, wish, type PathFixture, type PathOptions } from './order-path-fixture.ts'
import { planAll, planOrders } from './plan-orders.ts'
import { reconcileStream, takeOverOrders } from './reconcile-venue.ts'

const BTC: Stream = { symbol: 'BTCUSDT', tf: '1h' }
const ETH: Stream = { symbol: 'ETHUSDT', tf: '1h' }
let fixture: PathFixture
/** What the database says of this executor: numbers by stream. */
let numbers: Map<string, number>
/** What the executor itself believes. */
let believes: Set<string>
afterEach(() => fixture.close())

const group: Group = {
  member: 'a.executor',
  owns: (stream) => believes.has(streamName(stream)),
  leads: () => true,
  numbers: (_trx, streams) =>
    Promise.resolve(new Map([...numbers].filter(([name]) => streams.some((stream) => streamName(stream) === name)))),
  leadsIn: () => Promise.resolve(true),
  takes: () => ({ owners: [...believes], unowned: true }),
}

async function open(options: PathOptions = {}): Promise<PathFixture> {
  numbers = new Map([['BTCUSDT-1h', 7]])
  believes = new Set(['BTCUSDT-1h'])
  fixture = await openPath({ group, strategies: [BTC, ETH], ...options })
  await fixture.price('BTCUSDT', 50_000)
  await fixture.price('ETHUSDT', 50_000)
  return fixture
}
const onBtc = { strategyId: 'on-BTCUSDT-1h' }
const onEth = { strategyId: 'on-ETHUSDT-1h', symbol: 'ETHUSDT' }
const orders = async () => (await fixture.path.orders.list({ limit: 10 })).toReversed()
const states = async () => (await orders()).map(({ strategyId, state }) => `${strategyId} ${state}`)
const atVenue = async () => (await fixture.venue.openOrders(['BTCUSDT', 'ETHUSDT'])).length

describe('where executors share the streams', () => {
  it('only the owner plans, and what another one decided leaves no mark', async () => {
    const { path } = await open()
    const plans = [
      { stream: BTC, strategyIds: [onBtc.strategyId], candleTs: START_MS, epoch: null, wishes: [wish(onBtc)] },
      { stream: ETH, strategyIds: [onEth.strategyId], candleTs: START_MS, epoch: null, wishes: [wish(onEth)] },
    ]
    expect((await planAll(path, plans)).map(({ symbol, ownerNumber }) => [symbol, ownerNumber])).toEqual([['BTCUSDT', 7]])
    expect((await path.strategies.get(onBtc.strategyId))?.decidedTs).toBe(START_MS)
    expect((await path.strategies.get(onEth.strategyId))?.decidedTs).toBe(0)
    // Nor does one without a wish.
    await planAll(path, [{ stream: ETH, strategyIds: [onEth.strategyId], candleTs: START_MS, epoch: null, wishes: [] }])
    expect((await path.strategies.get(onEth.strategyId))?.decidedTs).toBe(0)
  })

  it('the owner sends, and the audit says under which number', async () => {
    const { path } = await open()
    await fixture.trade()
    await planOrders(path, [wish(onBtc)])
    await fixture.settle()
    expect(await atVenue()).toBe(1)
    const sending = (await fixture.events()).find(({ action }) => action === 'order.sending')
    expect(sending?.context).toMatchObject({ member: 'a.executor', stream: 'BTCUSDT-1h', number: 7 })
  })

  it('one that was paused before the transaction that sends finds its lease gone, and sends nothing', async () => {
    const { path } = await open()
    await planOrders(path, [wish(onBtc)])
    // It still believes that the stream is its own.
    numbers.clear()
    await fixture.trade()
    await fixture.pass(5_000)
    expect(await states()).toEqual(['on-BTCUSDT-1h reserved'])
    expect(await atVenue()).toBe(0)
    numbers.set('BTCUSDT-1h', 9)
    await fixture.pass(2_000)
    expect(await states()).toEqual(['on-BTCUSDT-1h acknowledged'])
    expect((await orders())[0]?.ownerNumber).toBe(9)
  })

  it('takes no job of a stream that it does not own', async () => {
    const { path } = await open()
    await planOrders(path, [wish(onBtc)])
    believes.clear()
    await fixture.trade()
    await fixture.pass(5_000)
    expect(await path.db.selectFrom('queue_job').select(['state', 'owner', 'attempts']).execute()).toEqual([
      { state: 'ready', owner: 'BTCUSDT-1h', attempts: 0 },
    ])
  })

  it('who takes a stream over asks for what was being sent, has its jobs at once, and learns of fills before it trades', async () => {
    const { path } = await open()
    await planOrders(path, [wish(onBtc)])
    const job = (await path.queue.lease('order', { limit: 1, leaseMs: 60_000 }))[0]
    const [sent] = await orders()
    await path.orders.change(path.db, sent?.intentId ?? '', { state: 'sending', sendingAt: START_MS }, START_MS)
    await fixture.venue.place({
      clientOrderId: sent?.clientOrderId ?? '',
      symbol: 'BTCUSDT',
      side: 'buy',
      quantity: '0.01',
      price: null,
      signedAtMs: START_MS,
      receiveWindowMs: 5000,
    })
    await fixture.price('BTCUSDT', 50_000)
    await path.db.transaction().execute((trx) => takeOverOrders(path, trx, [ETH]))
    expect(await states()).toEqual(['on-BTCUSDT-1h sending'])
    await path.db.transaction().execute((trx) => takeOverOrders(path, trx, [BTC]))
    expect(await states()).toEqual(['on-BTCUSDT-1h unknown'])
    const takes = { owners: ['BTCUSDT-1h'], unowned: false }
    expect(await path.queue.lease('order', { limit: 9, leaseMs: 1, takes })).toMatchObject([{ key: job?.key }])
    expect(job === undefined || (await path.queue.complete(job))).toBe(false)
    await reconcileStream(path, BTC)
    expect(await states()).toEqual(['on-BTCUSDT-1h filled'])
    expect((await path.positions.open()).map(({ quantity }) => quantity)).toEqual(['0.01'])
  })

  it('what a person wants closed is closed by the owners, each its part', async () => {
    const { path } = await open()
    numbers.set('ETHUSDT-1h', 3)
    await fixture.trade()
    await planOrders(path, [wish(onBtc)])
    believes.add('ETHUSDT-1h')
    await fixture.pass(1_000)
    await planOrders(path, [wish(onEth)])
    await fixture.pass(1_000)
    await fixture.price('BTCUSDT', 50_000)
    await fixture.price('ETHUSDT', 50_000)
    expect(await states()).toEqual(['on-BTCUSDT-1h filled', 'on-ETHUSDT-1h filled'])
    believes.delete('ETHUSDT-1h')
    const payload = { kind: 'flatten', scope: 'all', requestId: 'r', actor: 'me', askedAt: fixture.clock.nowMs() }
    await path.queue.enqueue(path.db, { queue: 'order', key: 'flatten r', payload })
    await fixture.pass(2_000)
    expect((await states()).slice(2)).toEqual(['on-BTCUSDT-1h acknowledged'])
    expect(await path.db.selectFrom('queue_job').select(['key', 'owner']).execute()).toEqual([
      { key: 'flatten r ETHUSDT-1h', owner: 'ETHUSDT-1h' },
    ])
    believes.add('ETHUSDT-1h')
    await fixture.pass(2_000)
    expect((await states()).slice(2)).toEqual(['on-BTCUSDT-1h acknowledged', 'on-ETHUSDT-1h acknowledged'])
  })

  it('of a price that is heard on another stream of the symbol the venue is told by the stream that is owned', async () => {
    const { path } = await open()
    const trading = await fixture.trade()
    await planOrders(path, [wish(onBtc)])
    await fixture.settle()
    const candle = { ts: START_MS, o: 50_000, h: 50_000, l: 50_000, c: 50_000, v: 1 }
    await fixture.clock.advance(1000)
    trading.hear({ symbol: 'BTCUSDT', tf: '1m' }, candle, false)
    await fixture.settle()
    expect(await states()).toEqual(['on-BTCUSDT-1h acknowledged'])
    await trading.onCandle(BTC, candle, false)
    expect(await states()).toEqual(['on-BTCUSDT-1h filled'])
  })
})

/** A host whose group is opened after its order path, as that is what the group works with. */
function lateGroup(): { group: Group; join(host: PathFixture, member: string, isCut?: () => boolean): Promise<void> } {
  let joined: Group = ALONE
  return {
    group: {
      get member() {
        return joined.member
      },
      owns: (stream) => joined.owns(stream),
      leads: () => joined.leads(),
      numbers: (trx, streams) => joined.numbers(trx, streams),
      leadsIn: (trx) => joined.leadsIn(trx),
      takes: () => joined.takes(),
    },
    async join({ path, clock }, member, isCut = () => false) {
      const leases = createLeaseStore()
      const leased = new LeaseGroup({
        db: path.db,
        leases: {
          ...leases,
          read: (trx) => (isCut() ? Promise.reject(new StorageError('unavailable', 'x', 'cut')) : leases.read(trx)),
        },
        outbox: createAuditOutbox(path.db),
        member,
        streams: [BTC],
        clock,
        nowMs: () => clock.nowMs(),
        log: path.log,
        takeOver: (trx, streams) => takeOverOrders(path, trx, streams),
        prepare: (stream) => reconcileStream(path, stream),
        leave: () => {},
        lead: () => {},
        deposed: () => {},
      })
      await leased.join()
      joined = leased
    },
  }
}

describe('a host that exposes strategies and is cut off', () => {
  it('sends nothing more once its lease is over by its own clock, exposes nobody once nobody watched for 30 s, and the other sends what it left, once', async () => {
    const folder = temporaryFolder()
    const [ofA, ofB] = [lateGroup(), lateGroup()]
    const a = (fixture = await openRollout({ folder, group: ofA.group }))
    await a.advanceTo(0.5)
    const exposed = [...(await a.path.rollouts.exposed()).keys()]
    const enter = (at: number, { clock } = a) =>
      wish({
        strategyId: exposed[at] ?? '',
        arm: 'ml',
        candleTs: clock.nowMs(),
        moment: clock.nowMs(),
        validUntil: clock.nowMs() + 300_000,
      })
    const sent = async () => {
      const rows = await a.path.orders.list({ limit: 10 })
      return rows.map(({ strategyId, state, ownerNumber, reason }) => [exposed.indexOf(strategyId), state, ownerNumber, reason])
    }
    let isCut = false
    await ofA.join(a, 'a.executor', () => isCut)
    await a.price('BTCUSDT', 50_000)
    await planOrders(a.path, [enter(0)])
    expect(await sent()).toEqual([[0, 'reserved', 1, null]])

    // Its turns meet no answer. The row of its lease, by the clock of the database, still runs; its own clock ends it after 7 s.
    isCut = true
    await a.pass(9_000)
    const leases = await a.path.db.selectFrom('lease').selectAll().where('name', '=', 'BTCUSDT-1h').execute()
    expect(leases).toMatchObject([{ holder: 'a.executor', number: 1 }])
    expect(leases[0]?.until).toBeGreaterThan(0)
    expect(a.path.group.owns(BTC)).toBe(false)
    await a.trade()
    await a.price('BTCUSDT', 50_000)
    expect(await planOrders(a.path, [enter(1)])).toEqual([])
    await a.pass(5_000)
    expect(await sent()).toEqual([[0, 'reserved', 1, null]])

    // By then the row is over, and another host takes it. What is exposed is still watched, and entered.
    await a.path.db.updateTable('lease').set({ until: 0 }).execute()
    const b = await openPath({ folder, group: ofB.group, strategies: 20, leased: true, startMs: a.clock.nowMs() })
    await b.price('BTCUSDT', 50_000)
    await ofB.join(b, 'b.executor')
    const other = await b.trade()
    await b.pass(1_000)
    expect(await sent()).toEqual([[0, 'acknowledged', 2, null]])
    expect(await atVenue()).toBe(1)

    // Cut off as well from who watches, it would expose nobody, even if the stream were its own.
    const { leaseUntil } = await a.path.risk.epoch(a.path.db)
    await a.pass(30_500 - 14_000)
    expect([a.path.leaseHolds(leaseUntil), b.path.leaseHolds(leaseUntil)]).toEqual([false, true])
    await a.pass(2_000)
    expect(await sent()).toHaveLength(1)
    await other.stop()
    await b.close()
  })
})
