import { told } from '@spark/contract/told'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { PoisonJobError, startQueueWorker } from '../queue/worker.ts'
import type { Queue } from '../queue/queue.ts'
import type { Randomness } from '../random.ts'
import type { JobRunStore } from '../storage/job-run-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { JOB_NAMES, nextRun, type JobName } from './schedule.ts'

const LOOK_EVERY_MS = 1000
const LEASE_MS = 3_600_000
/** So many rehearsals may wait and run at once, and so many searches. */
export const APART_OPEN_MAX = 5

/** What a job does; resolves with what it did, in words. */
export type JobWork = Record<JobName, () => Promise<string>>

export interface Jobs {
  /** Runs it now, unless it runs already; resolves when it has ended. `askedBy`: null when its time has come. */
  run(name: JobName, askedBy?: string | null): Promise<void>
  /** Starts nothing more; resolves when what runs has ended. */
  stop(): Promise<void>
}

/**
 * Runs jobs by their schedule, and when the job queue asks; each of them never twice at once. A time that was missed, because the
 * machine slept or the clock jumped, is made up for once.
 */
export function startJobs(deps: {
  clock: Clock
  random: Pick<Randomness, 'unit'>
  log: Log
  queue: Queue
  runs: JobRunStore
  work: JobWork
  /** A rehearsal that was asked for, by its id. */
  rehearse(id: string): Promise<void>
  /** A report that was asked for, by its id. */
  report(id: string): Promise<void>
  /** A search that was asked for, by its id. */
  optimize(id: string): Promise<void>
  onDone(name: JobName): Promise<void>
  onFailed(name: JobName, reason: string): Promise<void>
}): Jobs {
  const { clock, log, runs } = deps
  const running = new Map<JobName, Promise<void>>()
  const runsOfOthers = endRunsOfOthers(deps)
  const due = new Map(JOB_NAMES.map((name) => [name, nextRun(name, clock.nowMs())]))

  function run(name: JobName, askedBy: string | null = null): Promise<void> {
    const already = running.get(name)
    if (already !== undefined) return already
    const work = runOnce(name, askedBy).finally(() => running.delete(name))
    running.set(name, work)
    return work
  }

  async function runOnce(name: JobName, askedBy: string | null): Promise<void> {
    try {
      await runsOfOthers
      const id = await runs.begin(name, clock.nowMs(), askedBy)
      const { detail, failure } = await outcomeOf(name)
      await runs.end(id, failure === null ? 'done' : 'failed', detail, clock.nowMs())
      if (failure === null) log.info({ job: name, detail }, 'job done')
      else log.error({ err: failure, job: name }, 'job failed')
      await (failure === null ? deps.onDone(name) : deps.onFailed(name, detail))
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.error({ err: error, job: name }, 'the run of a job could not be recorded')
    }
  }

  /** What it did, or why it failed. */
  async function outcomeOf(name: JobName): Promise<{ detail: string; failure: unknown }> {
    try {
      return { detail: await deps.work[name](), failure: null }
    } catch (error) {
      return { detail: error instanceof Error ? error.message : String(error), failure: error ?? 'unknown' }
    }
  }

  const cancel = clock.every(LOOK_EVERY_MS, () => {
    for (const [name, atMs] of due) {
      const next = nextRun(name, clock.nowMs())
      // Also when the clock stepped back: the next time is the next one by the clock that is.
      if (clock.nowMs() >= atMs || next < atMs) due.set(name, next)
      if (clock.nowMs() >= atMs) void run(name)
    }
  })
  const worker = startQueueWorker({
    ...deps,
    name: 'job',
    // Rehearsals and searches take turns, and the others must not wait for them.
    concurrency: JOB_NAMES.length + 2 * APART_OPEN_MAX,
    leaseMs: LEASE_MS,
    pollEveryMs: LOOK_EVERY_MS,
    maxAttempts: 1,
    handle: ({ payload }) => workOf(payload, { ...deps, run }),
  })
  return {
    run,
    async stop() {
      cancel()
      await worker.stop()
      await Promise.all([runsOfOthers, ...running.values()])
    },
  }
}

/** Who runs jobs is alone: what began before it has died with its process, or is of one that has lost the lead. */
async function endRunsOfOthers({ runs, clock, log }: { runs: JobRunStore; clock: Clock; log: Log }): Promise<void> {
  try {
    await runs.failRunning(told('job_died'), clock.nowMs())
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    log.error({ err: error }, 'that runs of jobs died could not be recorded')
  }
}

/** What a job of the queue asks for: a scheduled job by name, or a rehearsal, a search or a report by its id. */
function workOf(
  payload: unknown,
  works: Record<'rehearse' | 'optimize' | 'report', (id: string) => Promise<void>> & {
    run: (name: JobName, askedBy: string | null) => Promise<void>
  },
): Promise<void> {
  const { job, askedBy, rehearsal, optimization, report } = (
    typeof payload === 'object' && payload !== null ? payload : {}
  ) as Record<string, unknown>
  if (typeof rehearsal === 'string') return works.rehearse(rehearsal)
  if (typeof optimization === 'string') return works.optimize(optimization)
  if (typeof report === 'string') return works.report(report)
  const name = JOB_NAMES.find((one) => one === job)
  if (name === undefined) throw new PoisonJobError('invalid_payload', 'there is no such job')
  return works.run(name, typeof askedBy === 'string' ? askedBy : null)
}
