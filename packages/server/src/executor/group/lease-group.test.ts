import { streamName, type Stream } from '@spark/core/market/candle'
import { LEADER } from '@spark/core/hosts/plan-turn'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../clock.ts'
import { createLog } from '../../log.ts'
import { createAuditOutbox } from '../../storage/audit-outbox.ts'
import { createLeaseStore } from '../../storage/lease-store.ts'
import { openTestDatabase } from '../../storage/main-database-fixture.ts'
import type { MainDatabase } from '../../storage/open-main-database.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { LeaseGroup } from './lease-group.ts'

const STREAMS: Stream[] = ['BTC', 'ETH', 'BNB', 'SOL', 'XRP', 'ADA'].map((base) => ({ symbol: `${base}USDT`, tf: '1m' }))

interface Member {
  group: LeaseGroup
  clock: ManualClock
  /** What it was told, in order. */
  told: string[]
  /** Streams that cannot be made ready. */
  failing: Set<string>
  streams(): string[]
  /** Those whose number it has in a transaction. */
  inTransaction(): Promise<string[]>
}

let database: MainDatabase
const members: Member[] = []

beforeEach(async () => void (database = await openTestDatabase()))
afterEach(async () => {
  for (const { clock } of members.splice(0)) await clock.advance(0)
  await database.close()
})

function member(name: string, given: { streams?: readonly Stream[]; prepare?: () => Promise<void> } = {}): Member {
  const clock = new ManualClock(0)
  const told: string[] = []
  const failing = new Set<string>()
  const { db } = database
  const group = new LeaseGroup({
    db,
    leases: createLeaseStore(),
    outbox: createAuditOutbox(db),
    member: `${name}.executor`,
    streams: given.streams ?? STREAMS,
    clock,
    nowMs: () => 0,
    log: createLog('test', 'silent'),
    takeOver: async (_trx, streams) => void told.push(...streams.map((stream) => `takes ${streamName(stream)}`)),
    async prepare(stream) {
      if (failing.has(streamName(stream))) throw new StorageError('unavailable', 'x', 'away')
      await given.prepare?.()
      told.push(`prepares ${streamName(stream)}`)
    },
    leave: (stream) => void told.push(`leaves ${streamName(stream)}`),
    lead: () => void told.push('leads'),
    deposed: (what) => void told.push(`deposed ${what}`),
  })
  const streams = () => STREAMS.filter((stream) => group.owns(stream)).map(streamName)
  const made: Member = {
    group,
    clock,
    told,
    failing,
    streams,
    inTransaction: () => db.transaction().execute(async (trx) => [...(await group.numbers(trx, STREAMS)).keys()].toSorted()),
  }
  members.push(made)
  return made
}

/** Its next turn is taken, and what follows from it is done. */
async function turn(...ones: Member[]): Promise<void> {
  for (const one of ones) {
    await one.clock.advance(2000)
    // Who writes takes a turn: this one comes after it.
    await database.db.transaction().execute((trx) => trx.selectFrom('lease').select('name').execute())
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Time passes for the database until what this member has is over. */
const over = (name: string) =>
  database.db.updateTable('lease').set({ until: 0 }).where('holder', '=', `${name}.executor`).execute()

const all = STREAMS.map(streamName).toSorted()

describe('executors as a group', () => {
  it('share the streams, each to one of them; one leads, and that is so in transactions', async () => {
    const a = member('a')
    await a.group.join()
    expect(a.streams().toSorted()).toEqual(all)
    expect(a.told).toContain('leads')
    const b = member('b')
    await b.group.join()
    await turn(a, a, b)
    expect(a.streams().length).toBeGreaterThan(0)
    expect(b.streams().length).toBeGreaterThan(0)
    expect([...a.streams(), ...b.streams()].toSorted()).toEqual(all)
    for (const one of [a, b]) expect(await one.inTransaction()).toEqual(one.streams().toSorted())
    expect([a.group.leads(), b.group.leads()]).toEqual([true, false])
    expect(
      await database.db.transaction().execute(async (trx) => [await a.group.leadsIn(trx), await b.group.leadsIn(trx)]),
    ).toEqual([true, false])
    expect(b.group.takes()).toEqual({ owners: b.streams(), unowned: false })
  })

  it('make no more than eight streams ready at a time, and in the end all', async () => {
    const streams: Stream[] = Array.from({ length: 20 }, (_, at) => ({ symbol: `S${at}USDT`, tf: '1m' }))
    const begun: (() => void)[] = []
    const a = member('a', { streams, prepare: () => new Promise((resolve) => begun.push(resolve)) })
    const joined = a.group.join()
    await vi.waitFor(() => expect(begun).toHaveLength(8))
    begun.shift()?.()
    await vi.waitFor(() => expect(a.told.filter((line) => line.startsWith('prepares'))).toHaveLength(1))
    expect(begun).toHaveLength(8)
    for (let left = 19; left > 0; left--) {
      await vi.waitFor(() => expect(begun.length).toBeGreaterThan(0))
      begun.shift()?.()
    }
    await joined
    expect(streams.every((stream) => a.group.owns(stream))).toBe(true)
  })

  it('hand a stream over in two turns: it is left before it is given', async () => {
    const a = member('a')
    await a.group.join()
    const b = member('b')
    await b.group.join()
    const numbers = () => database.db.selectFrom('lease').selectAll().where('holder', '=', 'a.executor').execute()
    await turn(a)
    const left = a.told.filter((line) => line.startsWith('leaves'))
    expect(left.length).toBeGreaterThan(0)
    expect(a.streams().length).toBe(STREAMS.length - left.length)
    await turn(b)
    expect(b.streams()).toEqual([])
    expect((await numbers()).filter(({ until }) => until === 0)).toEqual([])
    await turn(a, b)
    expect(b.streams().length).toBe(left.length)
  })

  it('take over what a member had that is heard of no more; what it still believes it has, no transaction gives it', async () => {
    const [a, b] = [member('a'), member('b')]
    await a.group.join()
    await b.group.join()
    await turn(a, a, b)
    const of = b.streams()
    await over('b')
    await turn(a)
    expect(a.streams().toSorted()).toEqual(all)
    expect(b.streams()).toEqual(of)
    expect(await b.inTransaction()).toEqual([])
    b.told.length = 0
    await turn(b)
    expect(b.told).toEqual(of.map((name) => `leaves ${name}`))
    expect(b.streams()).toEqual([])
  })

  it('count what they have as lost a second before it is, by their own clock, and go on when nobody took it', async () => {
    const a = member('a')
    await a.group.join()
    // As after a pause: its timers have not run.
    const late = vi.spyOn(a.clock, 'realMs').mockReturnValue(7_000)
    expect(a.streams()).toEqual([])
    expect(a.group.leads()).toBe(false)
    expect(await a.inTransaction()).toEqual([])
    expect(a.group.takes()).toEqual({ owners: [], unowned: false })
    late.mockRestore()
    await over('a')
    expect(await a.inTransaction()).toEqual([])
    await turn(a)
    expect(await a.inTransaction()).toEqual(all)
    const leases = await database.db.selectFrom('lease').selectAll().execute()
    expect(leases.map(({ number }) => number)).toEqual(leases.map(() => 1))
  })

  it('tell it whoever led and was taken over from', async () => {
    const [a, b] = [member('a'), member('b')]
    await a.group.join()
    await b.group.join()
    await over('a')
    await turn(b)
    expect(b.told).toContain('leads')
    await turn(a)
    expect(a.told.at(-1)).toBe(`deposed ${LEADER}`)
    expect(await database.db.transaction().execute((trx) => a.group.leadsIn(trx))).toBe(false)
  })

  it('trade a stream when it is ready, and try again until it is', async () => {
    const a = member('a')
    a.failing.add('BTCUSDT-1m')
    await a.group.join()
    expect(a.streams().toSorted()).toEqual(all.filter((name) => name !== 'BTCUSDT-1m'))
    expect(await a.inTransaction()).not.toContain('BTCUSDT-1m')
    await turn(a)
    expect(a.streams()).not.toContain('BTCUSDT-1m')
    a.failing.clear()
    await turn(a)
    expect(a.streams().toSorted()).toEqual(all)
    expect(a.told.filter((line) => line === 'takes BTCUSDT-1m')).toHaveLength(1)
  })

  it('give everything away when they stop, and the audit tells every change with its numbers', async () => {
    const a = member('a')
    await a.group.join()
    await a.group.stop()
    expect(a.streams()).toEqual([])
    const b = member('b')
    await b.group.join()
    expect(b.streams().toSorted()).toEqual(all)
    const events = (await createAuditOutbox(database.db).next(100)).map(({ event }) => event)
    const leases = (of: string, number: number) =>
      Object.fromEntries([`member ${of}`, LEADER, ...all].toSorted().map((name) => [name, number]))
    expect(events.map(({ action, context }) => [action, context])).toEqual([
      ['lease.taken', { member: 'a.executor', leases: leases('a.executor', 1) }],
      ['lease.given', { member: 'a.executor', leases: leases('a.executor', 1) }],
      [
        'lease.taken',
        { member: 'b.executor', leases: { ...leases('a.executor', 2), 'member b.executor': 1, 'member a.executor': undefined } },
      ],
    ])
  })
})
