import { REPORT_FRESH_MS, type ProcessReport } from '../../storage/process-report-store.ts'

/**
 * How long processes have been silent, as somebody saw it who looks at their reports again and again: a report that is the same as
 * before is silence. So clocks of hosts are never compared, and time in which nobody looked (a pause, a database that was away) is none.
 */
export class ReportSilence {
  /** Longest time between two looks that counts, ms. */
  readonly #stepMaxMs: number
  #seen = new Map<string, { reportedAt: number; silentMs: number }>()
  #lookedMs: number | null = null
  #watchedMs = 0

  constructor(stepMaxMs: number) {
    this.#stepMaxMs = stepMaxMs
  }

  see(reports: readonly ProcessReport[], monotonicMs: number): void {
    const stepMs = this.#lookedMs === null ? 0 : Math.min(monotonicMs - this.#lookedMs, this.#stepMaxMs)
    this.#lookedMs = monotonicMs
    this.#watchedMs += stepMs
    const silentMs = (process: string, reportedAt: number) => {
      const before = this.#seen.get(process)
      return before?.reportedAt === reportedAt ? before.silentMs + stepMs : 0
    }
    this.#seen = new Map(
      reports.map(({ process, reportedAt }) => [process, { reportedAt, silentMs: silentMs(process, reportedAt) }]),
    )
  }

  isSilent({ process }: Pick<ProcessReport, 'process'>): boolean {
    return (this.#seen.get(process)?.silentMs ?? 0) > REPORT_FRESH_MS
  }

  /** Until it has looked for so long, one of which nothing was heard may be silent or not. */
  knows(): boolean {
    return this.#watchedMs > REPORT_FRESH_MS
  }
}
