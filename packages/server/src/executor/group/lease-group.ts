import { streamName, type Stream } from '@spark/core/market/candle'
import { LEADER, memberLease, planTurn, type Turn } from '@spark/core/hosts/plan-turn'
import type { Kysely } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { lookEvery, type Looks } from '../../look-every.ts'
import type { AuditOutbox } from '../../storage/audit-outbox.ts'
import type { Takes } from '../../queue/queue.ts'
import type { LeaseStore } from '../../storage/lease-store.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { Turn as Places } from '../../storage/turn.ts'
import type { MainTables } from '../../storage/tables.ts'
import { VenueError } from '../../venue/venue.ts'
import type { Group } from './group.ts'

/** A host that is not heard of for so long has lost what it had; real ms. */
const LEASE_MS = 8_000
/** It counts it as lost so long before: nothing may be under way when another one begins. */
const MARGIN_MS = 1_000
const TURN_MS = 2_000
/** Streams that are made ready at a time: each reads and writes, and all of them at once would take every connection from the others of this process. */
const PREPARING_MAX = 8

export interface LeaseGroupDeps {
  db: Kysely<MainTables>
  leases: LeaseStore
  outbox: Pick<AuditOutbox, 'add'>
  /** Of this process, unique among all hosts. */
  member: string
  /** All there are; the same for every member. */
  streams: readonly Stream[]
  /** Of the world: leases are held against the clock of the database. */
  clock: Pick<Clock, 'realMs' | 'every'>
  /** For the audit. */
  nowMs(): number
  log: Log
  /** In the transaction that takes these streams: orders that others left are taken over. */
  takeOver(trx: Kysely<MainTables>, streams: readonly Stream[]): Promise<void>
  /** Makes a stream ready to be worked on: orders are asked for, indicators are warm. Rejects when it cannot now; then it is tried again. */
  prepare(stream: Stream): Promise<void>
  /** Begins nothing more on a stream. What is under way has until the next turn; then its orders find the lease gone. */
  leave(stream: Stream): void
  /** Called once, when this executor begins to lead. */
  lead(): void
  /** Another process leads, or goes by this one's name: what was begun here may not go on. */
  deposed(what: string): void
}

/** The group by rows of the database: nobody owns or leads but by the number that its lease was taken with. */
export class LeaseGroup implements Group {
  readonly member: string
  readonly #deps: LeaseGroupDeps
  readonly #streams: ReadonlyMap<string, Stream>
  /** Numbers by name. */
  readonly #held = new Map<string, number>()
  /** Streams of `held` that are worked on, those on which nothing is begun any more, and those that are being made ready. */
  readonly #ready = new Set<string>()
  readonly #stopped = new Set<string>()
  readonly #preparing = new Map<string, Promise<void>>()
  readonly #places = new Places(PREPARING_MAX)
  /** All of `held` was renewed together; real ms. */
  #validUntilMs = 0
  #leading = false
  #turns: Looks | null = null

  constructor(deps: LeaseGroupDeps) {
    this.member = deps.member
    this.#deps = deps
    this.#streams = new Map(deps.streams.map((stream) => [streamName(stream), stream]))
  }

  owns(stream: Stream): boolean {
    return this.#owns(streamName(stream))
  }

  leads(): boolean {
    return this.#isValid() && this.#held.has(LEADER)
  }

  numbers(trx: Kysely<MainTables>, streams: readonly Stream[]): Promise<ReadonlyMap<string, number>> {
    return this.#current(
      trx,
      [...new Set(streams.map(streamName))].filter((name) => this.#owns(name)),
    )
  }

  async leadsIn(trx: Kysely<MainTables>): Promise<boolean> {
    return this.leads() && (await this.#current(trx, [LEADER])).has(LEADER)
  }

  takes(): Takes {
    return { owners: [...this.#streams.keys()].filter((name) => this.#owns(name)), unowned: this.leads() }
  }

  /** Joins, takes what is due to this executor, and goes on taking turns. Resolves when what it took first is ready. Rejects with StorageError. */
  async join(): Promise<void> {
    await this.#turn()
    const { clock, log } = this.#deps
    this.#turns = lookEvery(
      clock,
      TURN_MS,
      () => this.#turn(),
      (error) => log.warn({ err: error }, 'the leases could not be renewed; what is not renewed in time ends'),
    )
    await Promise.all(this.#preparing.values())
  }

  /** Gives everything away, so that nobody waits for leases to end. Rejects with StorageError. */
  async stop(): Promise<void> {
    await this.#turns?.stop()
    this.#validUntilMs = 0
    await Promise.all(this.#preparing.values())
    await this.#deps.db.transaction().execute(async (trx) => {
      await this.#give(trx, [...(await this.#current(trx, [...this.#held.keys()])).keys()])
    })
  }

  #isValid(): boolean {
    return this.#deps.clock.realMs() < this.#validUntilMs
  }

  #owns(name: string): boolean {
    return this.#isValid() && this.#held.has(name) && this.#ready.has(name)
  }

  async #current(trx: Kysely<MainTables>, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await this.#deps.leases.current(trx, this.member, names)
    return new Map([...found].filter(([name, number]) => number === this.#held.get(name)))
  }

  /** What was read is still so when it is written: transactions that write run one after the other. */
  async #turn(): Promise<void> {
    const { leases, clock, db } = this.#deps
    const beganMs = clock.realMs()
    const { turn, numbers } = await db.transaction().execute((trx) => this.#turnIn(trx, leases))
    for (const name of turn.give) this.#forget(name)
    for (const [name, number] of numbers) this.#held.set(name, number)
    this.#validUntilMs = beganMs + LEASE_MS - MARGIN_MS
    this.#follow(turn)
  }

  async #turnIn(trx: Kysely<MainTables>, leases: LeaseStore): Promise<{ turn: Turn; numbers: Map<string, number> }> {
    const rows = await leases.read(trx)
    const turn = planTurn({
      ...rows,
      me: this.member,
      held: this.#held,
      shared: [...this.#streams.keys()],
      stopped: this.#stopped,
    })
    const until = rows.nowMs + LEASE_MS
    await leases.extend(trx, turn.renew, until)
    await this.#give(trx, turn.give)
    const numbers = await leases.take(trx, turn.take, this.member, until)
    await this.#tell(trx, 'lease.taken', numbers)
    await this.#deps.takeOver(
      trx,
      [...numbers.keys()].map((name) => this.#streams.get(name)).filter((stream) => stream !== undefined),
    )
    return { turn, numbers }
  }

  async #give(trx: Kysely<MainTables>, names: readonly string[]): Promise<void> {
    await this.#deps.leases.extend(trx, names, 0)
    await this.#tell(trx, 'lease.given', new Map(names.map((name) => [name, this.#held.get(name) ?? 0])))
  }

  /** By these rows and those of orders that are sent, whoever reads the audit sees who owned what when it was sent. */
  async #tell(trx: Kysely<MainTables>, action: string, numbers: ReadonlyMap<string, number>): Promise<void> {
    if (numbers.size === 0) return
    const context = { member: this.member, leases: Object.fromEntries(numbers) }
    await this.#deps.outbox.add(trx, [{ ts: this.#deps.nowMs(), action, actor: 'executor', result: 'ok', context }])
  }

  #follow({ leave, lost }: Turn): void {
    for (const name of lost) {
      this.#forget(name)
      if (name === LEADER || name === memberLease(this.member)) return this.#deps.deposed(name)
    }
    for (const name of [...leave, ...lost]) this.#end(name)
    for (const name of this.#held.keys()) if (!leave.includes(name)) this.#begin(name)
    if (!this.#held.has(LEADER) || this.#leading) return
    this.#leading = true
    this.#deps.lead()
  }

  #forget(name: string): void {
    this.#held.delete(name)
    this.#ready.delete(name)
    this.#stopped.delete(name)
  }

  /** Due to this executor: made ready, once at a time, again and again until it is. */
  #begin(name: string): void {
    this.#stopped.delete(name)
    const stream = this.#streams.get(name)
    if (stream === undefined || this.#ready.has(name) || this.#preparing.has(name)) return
    const prepared = this.#prepare(name, stream)
      .catch((error: unknown) => {
        if (!(error instanceof StorageError || error instanceof VenueError)) throw error
        this.#deps.log.warn({ err: error, stream: name }, 'a stream cannot be taken over yet; trying again')
      })
      .finally(() => this.#preparing.delete(name))
    this.#preparing.set(name, prepared)
  }

  async #prepare(name: string, stream: Stream): Promise<void> {
    const number = this.#held.get(name)
    await this.#places.take()
    try {
      await this.#deps.prepare(stream)
    } finally {
      this.#places.give()
    }
    if (number !== undefined && this.#held.get(name) === number) this.#ready.add(name)
    else this.#deps.leave(stream)
  }

  #end(name: string): void {
    this.#ready.delete(name)
    const stream = this.#streams.get(name)
    // One that is being made ready is left when it is.
    if (stream === undefined || this.#preparing.has(name)) return
    this.#deps.leave(stream)
    if (this.#held.has(name)) this.#stopped.add(name)
  }
}
