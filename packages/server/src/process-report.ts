import { schemaHash } from '@spark/core/signal/feature-row'
import { championOf } from './champion.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { sha256 } from './sha256.ts'
import type { ModelStore } from './storage/model-store.ts'
import type { ProcessReport, ProcessReportStore } from './storage/process-report-store.ts'
import { StorageError } from './storage/storage-error.ts'

const REPORT_EVERY_MS = 5000

/** Tells every 5 s what this process runs. Resolves after the first report, with what stops it. */
export async function startReporting(deps: {
  reports: ProcessReportStore
  clock: Clock
  log: Log
  report(): Promise<Omit<ProcessReport, 'pid' | 'reportedAt'>>
}): Promise<() => Promise<void>> {
  const { reports, clock, log } = deps
  async function tell(): Promise<void> {
    try {
      await reports.report({ ...(await deps.report()), pid: process.pid, reportedAt: clock.nowMs() })
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.warn({ err: error }, 'this process could not report what it runs; exposure does not rise meanwhile')
    }
  }
  await tell()
  let telling = Promise.resolve()
  const cancel = clock.every(REPORT_EVERY_MS, () => {
    telling = telling.then(tell)
  })
  return async () => {
    cancel()
    await telling
  }
}

/** What a process that scores with nothing itself runs: the model is the one that the rollout names, or the champion. */
export function reportOf(
  process: string,
  { buildSha, version }: Pick<Config, 'buildSha' | 'version'>,
  models: ModelStore,
  modelVersion: () => string | null,
): () => Promise<Omit<ProcessReport, 'pid' | 'reportedAt'>> {
  const schema = schemaHash(sha256)
  let known: { version: string; hash: string } | null = null
  return async () => {
    const wanted = modelVersion()
    // A version names one document for ever; which one is champion may change.
    if (wanted === null || known?.version !== wanted) known = await championOf(models, wanted)
    return { process, buildSha, version, schemaHash: schema, modelHash: known?.hash ?? 'none' }
  }
}
