import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { ProcessReport, ProcessReportStore } from './storage/process-report-store.ts'
import { StorageError } from './storage/storage-error.ts'

const REPORT_EVERY_MS = 5000

/**
 * Tells every 5 s what this process runs. Resolves after the first report, with what stops it and takes the report back: a worker
 * that was replaced must not hold up parity.
 */
export async function startReporting(deps: {
  reports: ProcessReportStore
  process: string
  clock: Clock
  log: Log
  report(): Promise<Omit<ProcessReport, 'process' | 'pid' | 'reportedAt'>>
}): Promise<() => Promise<void>> {
  const { reports, clock, log } = deps
  const own = { process: deps.process, pid: process.pid }
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.warn({ err: error }, 'this process could not report what it runs; exposure does not rise meanwhile')
    }
  }
  const tell = () => attempt(async () => reports.report({ ...(await deps.report()), ...own, reportedAt: clock.nowMs() }))
  await tell()
  let telling = Promise.resolve()
  const cancel = clock.every(REPORT_EVERY_MS, () => {
    telling = telling.then(tell)
  })
  let stopped: Promise<void> | null = null
  return () => {
    cancel()
    stopped ??= telling.then(() => attempt(() => reports.remove(own.process, own.pid)))
    return stopped
  }
}
