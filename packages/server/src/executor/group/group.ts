import { streamName, type Stream } from '@spark/core/market/candle'
import type { Kysely } from 'kysely'
import type { Takes } from '../../queue/queue.ts'
import type { MainTables } from '../../storage/tables.ts'

/** The executors of all hosts: each stream has one owner among them, and one of them leads. */
export interface Group {
  /** This executor as the others call it; null: there is no other. */
  readonly member: string | null
  /** Whether this executor may work on a stream now, as far as it knows: its lease runs by the monotonic clock, and the stream is ready. */
  owns(stream: Stream): boolean
  /** Whether this executor does what must be done once, as far as it knows. */
  leads(): boolean
  /**
   * Under which number this executor owns each of these streams, by name, in the caller's transaction; those that it does not own
   * are left out. What that transaction does is done by the owner, or not at all.
   */
  numbers(trx: Kysely<MainTables>, streams: readonly Stream[]): Promise<ReadonlyMap<string, number>>
  /** Whether this executor leads, likewise. */
  leadsIn(trx: Kysely<MainTables>): Promise<boolean>
  /** Whose jobs of the order queue it takes; null: all. */
  takes(): Takes | null
}

/** The executor of the embedded mode: everything is its own, and nothing is asked for. */
export const ALONE: Group = {
  member: null,
  owns: () => true,
  leads: () => true,
  numbers: (_trx, streams) => Promise.resolve(new Map(streams.map((stream) => [streamName(stream), 0]))),
  leadsIn: () => Promise.resolve(true),
  takes: () => null,
}
