import { hostOf, isKind } from '../../process-name.ts'
import type { ProcessReport } from '../../storage/process-report-store.ts'

/** A host of which something is not heard any more that nobody stopped: who is stopped takes its report back. */
export interface SilentHost {
  /** `''`: the one without a name. */
  host: string
  processes: string[]
  /** When the first of them was heard of last, ms by its own clock. */
  sinceMs: number
}

/** Hosts whose executor is silent, or all of whose apis are. One api of several may be a worker that was replaced. */
export function silentHosts(reports: readonly ProcessReport[], isSilent: (report: ProcessReport) => boolean): SilentHost[] {
  const found: SilentHost[] = []
  for (const [host, own] of Map.groupBy(reports, ({ process }) => hostOf(process))) {
    const kinds = (['api', 'executor'] as const).map((kind) => own.filter(({ process }) => isKind(process, kind)))
    const silent = kinds.filter((ones) => ones.every(isSilent)).flat()
    if (silent.length === 0) continue
    const sinceMs = Math.min(...silent.map(({ reportedAt }) => reportedAt))
    found.push({ host, processes: silent.map(({ process }) => process), sinceMs })
  }
  return found
}
