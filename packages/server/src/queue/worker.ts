import type { DeadLetterCode } from '@spark/core/trading/path-codes'
import { backoffMs, type Backoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { LeasedJob, Queue, QueueName, Takes } from './queue.ts'

/** The job can never succeed: it becomes a dead letter at once. */
export class PoisonJobError extends Error {
  readonly reason: DeadLetterCode
  constructor(reason: DeadLetterCode, detail: string) {
    super(detail)
    this.name = 'PoisonJobError'
    this.reason = reason
  }
}

/** Not yet: try again at `retryAt`, ms, however often that has been said before. */
export class RetryJobError extends Error {
  readonly retryAt: number
  readonly reason: string
  constructor(retryAt: number, reason: string) {
    super(reason)
    this.name = 'RetryJobError'
    this.retryAt = retryAt
    this.reason = reason
  }
}

export interface WorkerOptions {
  queue: Queue
  name: QueueName
  clock: Clock
  random: Pick<Randomness, 'unit'>
  log: Log
  /** Jobs under way at once. */
  concurrency: number
  leaseMs: number
  /** How often it looks without being poked. */
  pollEveryMs: number
  /** Asked at each look: which jobs this process takes; null: all. */
  takes?: () => Takes | null
  /** A job that failed so often is a dead letter. */
  maxAttempts: number
  handle(job: LeasedJob): Promise<void>
  onDead?(job: LeasedJob, reason: string, detail: string): void
}

export interface QueueWorker {
  /** Something may be there: look soon. */
  poke(): void
  counters: { done: number; retried: number; dead: number; lost: number }
  /** Resolves when nothing runs and nothing whose time has come waits. */
  idle(): Promise<void>
  /** No new job; resolves when those under way have ended. */
  stop(): Promise<void>
}

const RETRY: Backoff = { firstMs: 500, maxMs: 60_000 }

/**
 * Works through a queue. A job that fails is tried again later, so it holds a slot only while it runs, and no job behind it
 * waits for it.
 */
export function startQueueWorker(options: WorkerOptions): QueueWorker {
  const { queue, clock, log, name } = options
  const counters = { done: 0, retried: 0, dead: 0, lost: 0 }
  const running = new Map<string, Promise<void>>()
  let looking: Promise<void> | null = null
  let again = false
  let stopped = false

  async function look(): Promise<number> {
    const limit = options.concurrency - running.size
    if (limit <= 0 || stopped) return 0
    const takes = options.takes?.() ?? null
    const jobs = await queue.lease(name, { limit, leaseMs: options.leaseMs, ...(takes !== null && { takes }) })
    for (const job of jobs) {
      // Its lease ran out while it still runs here: what runs will find the lease lost, and the next look takes it.
      if (running.has(job.id)) continue
      running.set(
        job.id,
        perform(options, counters, job).finally(() => {
          running.delete(job.id)
          poke()
        }),
      )
    }
    return jobs.length
  }

  function poke(): void {
    again = true
    if (stopped || looking !== null) return
    looking = (async () => {
      while (again) {
        again = false
        try {
          await look()
        } catch (error) {
          if (!(error instanceof StorageError)) throw error
          log.error({ err: error, queue: name }, 'the queue cannot be read; trying again')
        }
      }
    })().finally(() => (looking = null))
  }

  const cancelPolling = clock.every(options.pollEveryMs, poke)
  poke()
  return {
    poke,
    counters,
    async idle() {
      for (;;) {
        await looking
        await Promise.all(running.values())
        if ((await look()) === 0 && running.size === 0) return
      }
    },
    async stop() {
      stopped = true
      cancelPolling()
      await looking
      await Promise.all(running.values())
    },
  }
}

type Outcome = 'done' | 'retried' | 'dead'

async function perform(options: WorkerOptions, counters: QueueWorker['counters'], job: LeasedJob): Promise<void> {
  const { queue, log, name } = options
  const counted = (held: boolean, outcome: Outcome): boolean => {
    counters[held ? outcome : 'lost'] += 1
    if (!held) log.warn({ queue: name, job: job.id, key: job.key }, 'a job took longer than its lease')
    return held
  }
  try {
    await options.handle(job)
    counted(await queue.complete(job), 'done')
  } catch (error) {
    try {
      await failed(options, job, error, counted)
    } catch (settleError) {
      // The lease runs out by itself and the job comes again.
      log.error({ err: settleError, queue: name, job: job.id }, 'a job could not be given back')
    }
  }
}

/** Retry, or a dead letter. */
async function failed(
  options: WorkerOptions,
  job: LeasedJob,
  error: unknown,
  counted: (held: boolean, outcome: Outcome) => boolean,
): Promise<void> {
  const { queue, log, name, clock } = options
  if (error instanceof RetryJobError) {
    counted(await queue.retry(job, error.retryAt, error.reason, error.reason), 'retried')
    return
  }
  const detail = error instanceof Error ? error.message : String(error)
  const reason: DeadLetterCode = error instanceof PoisonJobError ? error.reason : 'attempts_exhausted'
  if (error instanceof PoisonJobError || job.attempt >= options.maxAttempts) {
    log.error({ queue: name, job: job.id, key: job.key, attempts: job.attempt, reason, detail }, 'job is a dead letter')
    if (counted(await queue.bury(job, reason, detail), 'dead')) options.onDead?.(job, reason, detail)
    return
  }
  const waitMs = backoffMs(RETRY, job.attempt - 1, options.random.unit())
  log.warn({ queue: name, job: job.id, key: job.key, attempt: job.attempt, waitMs, detail }, 'job failed; trying again')
  counted(await queue.retry(job, clock.nowMs() + waitMs, 'failed', detail), 'retried')
}
