import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownerOf } from './owner-of.ts'
import { LEADER, memberLease, planTurn, type Lease } from './plan-turn.ts'

const SHARED = ['BTCUSDT-1h', 'BTCUSDT-1m', 'ETHUSDT-1m', 'LTCUSDT-5m', 'SOLUSDT-1h']
const LEASE_MS = 8000
/** A holder counts a lease as over so long before it is. */
const MARGIN_MS = 1000

/** The rows of a database, and processes whose turns meet it one after the other. */
class World {
  readonly rows = new Map<string, Lease>()
  nowMs = 1_000_000
  /** Numbers that were ever given, by name. */
  readonly given = new Map<string, number[]>()

  turn(process: Process): void {
    const beganMs = this.nowMs
    const { me, held, stopped } = process
    const turn = planTurn({ me, nowMs: this.nowMs, leases: [...this.rows.values()], held, shared: SHARED, stopped })
    const until = this.nowMs + LEASE_MS
    for (const name of turn.renew) this.rows.set(name, { ...(this.rows.get(name) as Lease), until })
    for (const name of turn.give) {
      this.rows.set(name, { ...(this.rows.get(name) as Lease), until: 0 })
      held.delete(name)
    }
    for (const name of turn.lost) held.delete(name)
    for (const name of turn.take) {
      const number = (this.rows.get(name)?.number ?? 0) + 1
      this.rows.set(name, { name, holder: me, number, until })
      this.given.set(name, [...(this.given.get(name) ?? []), number])
      held.set(name, number)
    }
    process.stopped = new Set(turn.leave)
    process.validUntilMs = beganMs + LEASE_MS - MARGIN_MS
  }

  ownerOf(name: string): string | null {
    const row = this.rows.get(name)
    return row === undefined || row.until <= this.nowMs ? null : row.holder
  }
}

class Process {
  held = new Map<string, number>()
  stopped: ReadonlySet<string> = new Set()
  validUntilMs = 0
  readonly me: string
  constructor(me: string) {
    this.me = me
  }
  /** Another life of it, when the one before is gone. */
  restart(): void {
    this.held = new Map()
    this.stopped = new Set()
    this.validUntilMs = 0
  }
  believes(name: string, nowMs: number): boolean {
    return this.held.has(name) && !this.stopped.has(name) && nowMs < this.validUntilMs
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turn' as const), who: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 9000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), who: fc.nat(3) }) },
)

function everybody(): Process[] {
  return ['a', 'b', 'c', 'd'].map((host) => new Process(`${host}.executor`))
}

/** All of them take turns, and time passes, until nothing moves any more. */
function settle(world: World, processes: readonly Process[]): void {
  for (let round = 0; round < 8; round++) {
    for (const process of processes) world.turn(process)
    world.nowMs += 2000
  }
}

describe('leases', () => {
  it('have at most one holder whose number is current, whoever sleeps, dies and wakes up; numbers only grow', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const [world, processes] = [new World(), everybody()]
        for (const one of steps) {
          if (one.kind === 'time') world.nowMs += one.ms
          else if (one.kind === 'turn') world.turn(processes[one.who] as Process)
          else (processes[one.who] as Process).restart()
          for (const name of [LEADER, ...SHARED]) {
            const row = world.rows.get(name)
            // Whoever believes that it has something has it: nobody else may act on it in the meantime.
            for (const process of processes.filter((each) => each.believes(name, world.nowMs)))
              expect([process.me, process.held.get(name)]).toEqual([row?.holder, row?.number])
            expect(processes.filter((each) => each.believes(name, world.nowMs)).length).toBeLessThanOrEqual(1)
          }
        }
        for (const numbers of world.given.values()) expect(numbers).toEqual(numbers.map((_, at) => at + 1))
      }),
      { numRuns: 500 },
    )
  })

  it('are shared out among those that live, whatever was before: each to whom it is due, one of them leads', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.subarray([0, 1, 2, 3], { minLength: 1 }), (steps, living) => {
        const [world, processes] = [new World(), everybody()]
        for (const one of steps) {
          if (one.kind === 'time') world.nowMs += one.ms
          else if (one.kind === 'turn') world.turn(processes[one.who] as Process)
          else (processes[one.who] as Process).restart()
        }
        const live = living.map((at) => processes[at] as Process)
        settle(world, live)
        const members = live.map(({ me }) => me)
        for (const name of SHARED) expect(world.ownerOf(name)).toBe(ownerOf(name, members))
        expect(members).toContain(world.ownerOf(LEADER))
      }),
    )
  })

  it('of a host that died are taken over at the first turn after their end, by the others', () => {
    const [world, [a, b]] = [new World(), everybody()] as [World, [Process, Process]]
    settle(world, [a, b])
    world.turn(b)
    const of = SHARED.filter((name) => world.ownerOf(name) === b.me)
    expect(of.length).toBeGreaterThan(0)
    for (let passedMs = 0; passedMs < LEASE_MS; passedMs += 2000) {
      for (const name of of) expect(world.ownerOf(name)).toBe(b.me)
      world.turn(a)
      world.nowMs += 2000
    }
    world.turn(a)
    for (const name of of) expect(world.ownerOf(name)).toBe(a.me)
    world.turn(b)
    expect(SHARED.filter((name) => b.held.has(name))).toEqual([])
  })

  it('go on under their number after a time in which nobody could renew them', () => {
    const [world, [a]] = [new World(), everybody()] as [World, [Process]]
    world.turn(a)
    const before = new Map(a.held)
    world.nowMs += 60_000
    expect(a.believes(LEADER, world.nowMs)).toBe(false)
    world.turn(a)
    expect(a.held).toEqual(before)
    expect(a.believes(LEADER, world.nowMs)).toBe(true)
  })

  it('are lost to another life of the same name', () => {
    const [world, [a]] = [new World(), everybody()] as [World, [Process]]
    world.turn(a)
    const twin = new Process(a.me)
    world.turn(twin)
    world.turn(a)
    expect([a.held.size, twin.held.size]).toEqual([0, 2 + SHARED.length])
  })

  it('of an earlier life of the same process are taken at once, under another number', () => {
    const [world, [a]] = [new World(), everybody()] as [World, [Process]]
    world.turn(a)
    a.restart()
    world.turn(a)
    expect([...a.held]).toEqual([memberLease(a.me), LEADER, ...SHARED].map((name) => [name, 2]))
  })
})
