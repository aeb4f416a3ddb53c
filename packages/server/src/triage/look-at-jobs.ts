import { finding } from '@spark/contract/finding'
import { JOBS, JOB_NAMES, nextRun } from '../jobs/schedule.ts'
import type { Move } from './triage-deps.ts'

/** So long after its time a job is late; so long after its start one that has not ended is looked at. */
const LATE_MS = 600_000
const LONG_MS = 3_600_000

/** Which scheduled jobs failed, are late, or do not end. */
export const lookAtJobs: Move = async ({ jobRuns, clock }) => {
  const nowMs = clock.nowMs()
  const last = new Map((await jobRuns.last()).map((run) => [run.job, run]))
  const jobs = JOB_NAMES.map((name) => {
    const run = last.get(name) ?? null
    const dueMs = run === null ? null : nextRun(name, run.startedAt)
    const problem =
      run === null
        ? null
        : run.outcome === 'failed'
          ? finding('job_failed', { job: name, words: run.detail ?? '' })
          : run.endedAt === null && nowMs - run.startedAt > LONG_MS
            ? finding('job_hangs', { job: name })
            : dueMs !== null && nowMs - dueMs > LATE_MS
              ? finding('job_late', { job: name, at: new Date(dueMs).toISOString() })
              : null
    return { name, cron: JOBS[name].cron, lastRun: run, nextRun: nextRun(name, nowMs), problem }
  })
  const wrong = jobs.filter(({ problem }) => problem !== null)
  return {
    ok: wrong.length === 0,
    findings: [
      ...jobs.flatMap(({ problem }) => problem ?? []),
      ...(wrong.length === 0 ? [finding('jobs_fine')] : []),
      ...jobs.filter(({ lastRun }) => lastRun === null).map(({ name }) => finding('job_unrun', { job: name })),
    ],
    detail: { jobs },
  }
}
