import { Cron } from 'croner'
import { JOB_TEXTS, type JobTextName } from '@spark/contract/told'

/** Cron patterns in UTC. */
export const JOBS = {
  backfill: { cron: '50 2 * * *', what: JOB_TEXTS.backfill },
  'gap-repair': { cron: '20 * * * *', what: JOB_TEXTS['gap-repair'] },
  backup: { cron: '15 3 * * *', what: JOB_TEXTS.backup },
  integrity: { cron: '45 3 * * *', what: JOB_TEXTS.integrity },
  retention: { cron: '30 4 * * *', what: JOB_TEXTS.retention },
  labels: { cron: '*/5 * * * *', what: JOB_TEXTS.labels },
  snapshot: { cron: '25 0 * * *', what: JOB_TEXTS.snapshot },
  report: { cron: '30 0 * * *', what: JOB_TEXTS.report },
  drift: { cron: '40 5 * * *', what: JOB_TEXTS.drift },
  learn: { cron: '10 1 * * *', what: JOB_TEXTS.learn },
} as const satisfies Record<JobTextName, { cron: string; what: string }>

export type JobName = keyof typeof JOBS
export const JOB_NAMES = Object.keys(JOBS) as JobName[]

/** When a job runs next after `afterMs`, ms. */
export function nextRun(name: JobName, afterMs: number): number {
  const next = new Cron(JOBS[name].cron, { timezone: 'UTC', paused: true }).nextRun(new Date(afterMs))
  if (next === null) throw new RangeError(`the job ${name} never runs`)
  return next.getTime()
}
