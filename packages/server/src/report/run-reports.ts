import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { RetryJobError } from '../queue/worker.ts'
import type { AuditOutbox } from '../storage/audit-outbox.ts'
import type { ReportStore, StoredReport } from '../storage/report-store.ts'
import type { MainTables } from '../storage/tables.ts'
import { makeReport, ReportStopped, type MakeReportDeps } from './make-report.ts'
import { removeEvidence } from './report-files.ts'
import { lastDay } from './report-period.ts'

/** Who prepares what nobody asked for. */
const BY_SCHEDULE = 'Spark'
/** It comes again when the next executor asks. */
const AGAIN_MS = 1000
/** So often it is looked for reports that wait and that no job makes: a job that dies while storage is away cannot say so. */
const LOOK_EVERY_MS = 60_000

export interface Reports {
  /** Makes one that was asked for, after those before it; one that is done stays as it is. Rejects with StorageError. */
  run(id: string): Promise<void>
  /** Makes all that wait, now and once a minute until stop: whoever was to make them has ended. */
  watch(): void
  /** The report of the last day that is over: says what came of it. A stop is no failure: the next executor makes it. */
  daily(): Promise<string>
  /** Removes what ended before, with its evidence; resolves with how many. */
  prune(beforeMs: number): Promise<number>
  /** Gives up the one that is being made; it is made by the next executor. */
  stop(): Promise<void>
}

export interface ReportsDeps extends MakeReportDeps {
  db: Kysely<MainTables>
  store: ReportStore
  outbox: Pick<AuditOutbox, 'waiting' | 'next'>
  clock: Pick<Clock, 'nowMs' | 'every'>
  log: Log
}

/**
 * Makes reports one after the other. A report is its row: until that is stored, in one transaction with what its evidence is, there is
 * none, and whatever a killed process left is made anew.
 */
export function createReports(deps: ReportsDeps): Reports {
  const { store, clock, log } = deps
  let turn: Promise<unknown> = Promise.resolve()
  let stopped = false
  let cancelLooking = () => {}

  async function make(id: string): Promise<StoredReport | null> {
    const asked = await store.get(id)
    // Removed since, or made: its job and who found it waiting both come here.
    if (asked?.state !== 'waiting') return asked
    await allIsTold(deps, asked.period.toMs)
    const prepared = { ms: clock.nowMs(), by: asked.askedBy }
    try {
      const made = await makeReport(deps, { id, period: asked.period, prepared }, () => stopped)
      await store.finish(id, { ...made, nowMs: clock.nowMs() })
      log.info({ report: id, bytes: made.evidence.bytes }, 'a report is made')
    } catch (error) {
      if (error instanceof ReportStopped) throw new RetryJobError(clock.nowMs() + AGAIN_MS, 'the executor stops')
      await store.fail(id, error instanceof Error ? error.message : String(error), clock.nowMs())
      log.error({ err: error, report: id }, 'a report could not be made')
    }
    return store.get(id)
  }

  function inTurn(id: string): Promise<StoredReport | null> {
    const own = turn.then(() => make(id))
    turn = own.catch(() => {})
    return own
  }

  const looks = createLooks(deps, inTurn, () => stopped)

  return {
    run: async (id) => void (await inTurn(id)),
    watch() {
      looks.look()
      cancelLooking = clock.every(LOOK_EVERY_MS, looks.look)
    },
    async daily() {
      const { id, period } = lastDay(clock.nowMs())
      const before = await store.get(id)
      if (before?.state === 'done') return told('report_there', { report: id })
      await store.ask(deps.db, { id, period, askedBy: BY_SCHEDULE, askedAt: clock.nowMs() })
      const made = await inTurn(id).catch((error: unknown) => {
        if (error instanceof RetryJobError) return 'stopped' as const
        throw error
      })
      if (made === 'stopped') return told('report_waits', { report: id })
      if (made?.state !== 'done') throw new Error(`${id}: ${made?.said ?? 'it was not made'}`)
      return told('report_made', { report: id, bytes: made.evidence?.bytes ?? 0 })
    },
    async prune(beforeMs) {
      const removed = await store.prune(beforeMs)
      for (const id of removed) await removeEvidence(deps.config.dataDir, id)
      return removed.length
    },
    async stop() {
      stopped = true
      cancelLooking()
      await looks.ended()
      await turn
    },
  }
}

/** Rejects with RetryJobError while rows of the period are on their way into the audit: its evidence would miss them. */
async function allIsTold({ outbox, clock }: ReportsDeps, toMs: number): Promise<void> {
  const [oldest] = await outbox.next(1)
  if (oldest !== undefined && (oldest.event.ts ?? 0) < toMs)
    throw new RetryJobError(clock.nowMs() + AGAIN_MS, 'rows of its period are on their way into the audit')
}

interface Looks {
  /** Nothing while one goes on: a fast clock asks again before it has ended. */
  look: () => void
  ended(): Promise<void>
}

/** Makes what is found waiting, one after the other, until it is stopped. */
function createLooks({ store, log }: ReportsDeps, make: (id: string) => Promise<unknown>, isStopped: () => boolean): Looks {
  let looking: Promise<void> | null = null
  async function resume(): Promise<void> {
    try {
      for (const { id } of await store.waiting()) {
        if (isStopped()) return
        await make(id)
      }
    } catch (error) {
      if (!isStopped()) log.warn({ err: error }, 'reports that wait are not made yet; they are looked at again')
    }
  }
  return {
    look: () => void (looking ??= resume().finally(() => (looking = null))),
    async ended() {
      await looking
    },
  }
}
