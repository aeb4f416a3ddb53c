import { Cron } from 'croner'

/** Cron patterns in UTC. */
export const JOBS = {
  backfill: { cron: '50 2 * * *', what: 'fetches older candles, so that every stream has 1,000' },
  'gap-repair': { cron: '20 * * * *', what: 'asks the feed for candles that are missing between stored ones' },
  backup: { cron: '15 3 * * *', what: 'copies every database, opens the copies and checks them; keeps the last 7' },
  integrity: { cron: '45 3 * * *', what: 'checks the pages of every database and every link of the audit' },
  retention: { cron: '30 4 * * *', what: 'removes figures of 30 s and equity of a minute that are older than 90 days' },
  labels: { cron: '*/5 * * * *', what: 'labels what was decided on closed candles, and judges the models by it' },
  snapshot: { cron: '25 0 * * *', what: 'writes the audit of the last day to data/audit_snapshot_YYYYMMDD.json; keeps 90 days' },
  report: { cron: '30 0 * * *', what: 'makes the report of the last day, with its evidence' },
  learn: {
    cron: '10 1 * * *',
    what: 'once a week makes a candidate model of the labels up to Monday; it takes over only by a rollout',
  },
} as const satisfies Record<string, { cron: string; what: string }>

export type JobName = keyof typeof JOBS
export const JOB_NAMES = Object.keys(JOBS) as JobName[]

/** When a job runs next after `afterMs`, ms. */
export function nextRun(name: JobName, afterMs: number): number {
  const next = new Cron(JOBS[name].cron, { timezone: 'UTC', paused: true }).nextRun(new Date(afterMs))
  if (next === null) throw new RangeError(`the job ${name} never runs`)
  return next.getTime()
}
