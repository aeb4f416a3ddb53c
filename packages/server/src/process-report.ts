import { streamName, type Stream } from '@spark/core/market/candle'
import { schemaHash } from '@spark/core/signal/feature-row'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { sha256 } from './sha256.ts'
import type { ProcessReportStore } from './storage/process-report-store.ts'
import { StorageError } from './storage/storage-error.ts'

const REPORT_EVERY_MS = 5000

/**
 * Tells every 5 s what this process runs: build, schema, and the model that it scores with. Resolves after the first report, with what stops it and takes the report back: a worker
 * that was replaced must not hold up parity.
 */
export async function startReporting(deps: {
  reports: ProcessReportStore
  process: string
  config: Pick<Config, 'buildSha' | 'version'>
  clock: Clock
  log: Log
  modelHash(): Promise<string> | string
  /** What an executor scores in preview; null: an api. */
  canary: Stream | null
}): Promise<() => Promise<void>> {
  const { reports, config, clock, log } = deps
  const schema = schemaHash(sha256)
  const own = { process: deps.process, pid: process.pid }
  const canary = deps.canary === null ? null : streamName(deps.canary)
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      log.warn({ err: error }, 'this process could not report what it runs; exposure does not rise meanwhile')
    }
  }
  const tell = () =>
    attempt(async () => {
      const modelHash = await deps.modelHash()
      const { buildSha, version } = config
      await reports.report({ ...own, buildSha, version, schemaHash: schema, modelHash, canary, reportedAt: clock.nowMs() })
    })
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
