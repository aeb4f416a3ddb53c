import type { Kysely } from 'kysely'
import type { MainTables } from '../storage/tables.ts'

/** Every queue there is. Dead letters of `notification` and `job` do not count as figures of the order path. */
export const QUEUES = ['order', 'label', 'notification', 'job'] as const
export type QueueName = (typeof QUEUES)[number]

/** A command is due by every clock: an executor that replays lives in the time of its data. */
export const AT_ONCE = 0

export interface NewJob {
  queue: QueueName
  /** While a job with the same queue and key waits, runs or is a dead letter, enqueuing it again changes nothing. */
  key: string
  /** A JSON object. */
  payload: Record<string, unknown>
  /** Not before this time, ms. Default: now. */
  runAt?: number
  /** Where hosts share the work: the stream whose owner takes it. Default: the leader does. */
  owner?: string
}

/** Which jobs a process takes: those of these owners, and those that nobody owns. */
export interface Takes {
  owners: readonly string[]
  unowned: boolean
}

/** A job that this process holds until `leaseUntil`; then anyone may take it again. */
export interface LeasedJob {
  id: string
  queue: QueueName
  key: string
  /** As it was stored: not checked, not even for being an object. Null when the stored text is not JSON. */
  payload: unknown
  /** This one included: 1 the first time. */
  attempt: number
  enqueuedAt: number
  leaseUntil: number
  /** Proves the lease. */
  leaseToken: string
}

export interface DeadLetter {
  id: string
  queue: QueueName
  key: string
  payload: unknown
  attempts: number
  /** Stable code. */
  reason: string
  detail: string
  enqueuedAt: number
  diedAt: number
}

export interface QueueDepth {
  /** May be taken now. */
  ready: number
  /** Wait for their time (a retry, or runAt). */
  delayed: number
  leased: number
  dead: number
  /** Age of the oldest ready job, ms; 0 when there is none. */
  lagMs: number
}

/**
 * Jobs at least once, in no promised order between jobs, first in first out as far as possible. The contract, tested for every
 * implementation in queue-contract.ts. Everything rejects with StorageError when storage fails.
 */
export interface Queue {
  /** In the caller's transaction: the job exists when and only when that commits. */
  enqueue(trx: Kysely<MainTables>, job: NewJob): Promise<void>
  /** Like `enqueue` for each. */
  enqueueAll(trx: Kysely<MainTables>, jobs: readonly NewJob[]): Promise<void>
  /** At most `limit` jobs whose time has come and that nobody holds, oldest first. `takes`: no others; default all. */
  lease(queue: QueueName, options: { limit: number; leaseMs: number; takes?: Takes }): Promise<LeasedJob[]>
  /** Jobs that wait or run go to this owner, in the caller's transaction; who runs one has lost its lease. */
  assign(trx: Kysely<MainTables>, queue: QueueName, keys: readonly string[], owner: string): Promise<void>
  /** Done: the job is gone. False when the lease was lost meanwhile. `trx`: in the caller's transaction. */
  complete(job: LeasedJob, trx?: Kysely<MainTables>): Promise<boolean>
  /** Gives it back for `retryAt`, ms. The attempt counts. False when the lease was lost. */
  retry(job: LeasedJob, retryAt: number, reason: string, detail: string): Promise<boolean>
  /** Makes it a dead letter. False when the lease was lost. */
  bury(job: LeasedJob, reason: string, detail: string): Promise<boolean>
  /** Newest first. */
  deadLetters(options: { queue?: QueueName; limit: number }): Promise<DeadLetter[]>
  /**
   * Back into its queue with attempts from 0 and the same key and payload. False when there is no such dead letter. `trx`: in the
   * caller's transaction.
   */
  redrive(id: string, trx?: Kysely<MainTables>): Promise<boolean>
  discard(id: string, trx?: Kysely<MainTables>): Promise<boolean>
  depth(): Promise<Record<QueueName, QueueDepth>>
}
