import { workerData } from 'node:worker_threads'
import { type ChainHead, GENESIS_HASH } from '@spark/core/audit/chain'
import type { Kysely } from 'kysely'
import { systemClock } from '../../clock.ts'
import { serveThread } from '../serve-thread.ts'
import type { AuditIndexTables } from '../tables.ts'
import { toThreadFailure, type ThreadFailure } from '../thread-failure.ts'
import { AuditAppender } from './audit-appender.ts'
import { type AuditBatch, type AuditEnd, type ChainAppender, endOf } from './audit-batch.ts'
import { AuditIndexer } from './audit-indexer.ts'
import { IndexFile, indexBeside } from './audit-index-place.ts'
import { type AuditLocation, auditUrl } from './audit-location.ts'

/** Worker thread of one audit writer: commits batches, and indexes rows while no batch is waiting. */
export interface AuditThreadOptions extends AuditLocation {
  writer: string
  shared: boolean
}

export type AuditRequest = { kind: 'append'; batch: AuditBatch } | { kind: 'open' | 'probe' | 'close' }

export interface AuditAnswer {
  head: ChainHead
  /** Number of the first line of the batch; 0 for other requests. */
  firstSeq: number
  /** How many rows the index is behind, and why when it cannot be written. */
  indexLagRows: number
  indexProblem: string | null
  /** `end`: nothing more can be appended. */
  failure: { error: ThreadFailure; end: AuditEnd | null } | null
}

/** About 5 ms; in a file, an append that comes meanwhile waits for the step. */
const INDEX_STEP_ROWS = 100
/** The index is shared by all writers and never worth waiting for: it is tried again later. */
const INDEX_BUSY_TIMEOUT_MS = 20
/** Quiet time before indexing starts, after a batch of a few rows: the rows of an idle process can be found at once. */
const QUIET_MS = 5
/** Under load batches come every 5 to 8 ms: an index step between them cost half of the throughput. */
const QUIET_UNDER_LOAD_MS = 100
/** A batch of more rows than this is load. */
const LOAD_BATCH_ROWS = 4
/** A burst this long is indexed after it; beyond it the appends give way, or a list would read too much behind the index. */
const LAG_ROWS_MAX = 100_000
const INDEX_RETRY_MS = 1_000
/** At most this many rows are indexed while closing: about a second. */
const CLOSING_ROWS_MAX = 20_000

const options = workerData as AuditThreadOptions
const { dataDir, writer, shared } = options
let appender: ChainAppender | null = null
let indexer: AuditIndexer | null = null
let indexProblem: string | null = null
let indexing = false
let retryPending = false
let cancelIndexing: () => void = () => {}
let lastBatchRows = 0

serveThread<AuditRequest, AuditAnswer>(answer, ({ kind }) => kind === 'close', {
  onArrival: () => cancelIndexing(),
  async afterAnswer({ kind }) {
    if (kind === 'append' && indexProblem === null && lagRows() > LAG_ROWS_MAX) {
      await index(Math.min(INDEX_STEP_ROWS, lastBatchRows + 16))
    }
    scheduleIndexing()
  },
})

async function answer(request: AuditRequest): Promise<AuditAnswer> {
  let firstSeq = 0
  let failure: AuditAnswer['failure'] = null
  try {
    firstSeq = await perform(request)
  } catch (error) {
    failure = { error: toThreadFailure(error), end: endOf(error) }
  }
  const head = appender?.head() ?? { seq: 0, hash: GENESIS_HASH }
  lastBatchRows = firstSeq === 0 ? 0 : head.seq - firstSeq + 1
  return { head, firstSeq, indexLagRows: lagRows(), indexProblem, failure }
}

async function perform(request: AuditRequest): Promise<number> {
  if (appender === null || indexer === null) {
    const url = auditUrl(options)
    appender ??= await (url === null ? AuditAppender.open(dataDir, writer, shared) : openOnServer(url))
    const place =
      url === null
        ? new IndexFile(dataDir, INDEX_BUSY_TIMEOUT_MS)
        : indexBeside(appender.db as unknown as Kysely<AuditIndexTables>)
    indexer = new AuditIndexer(place, writer, appender.db)
  }
  if (request.kind === 'append') return appender.append(request.batch)
  if (request.kind === 'probe') await appender.probe()
  if (request.kind === 'open') await index(1)
  if (request.kind === 'close') {
    for (let rows = 0; rows < CLOSING_ROWS_MAX && lagRows() > 0; rows += INDEX_STEP_ROWS) {
      if (!(await index(INDEX_STEP_ROWS))) break
    }
    await indexer.close()
    await appender.close()
  }
  return 0
}

async function openOnServer(url: string): Promise<ChainAppender> {
  const { ServerAppender } = await import('./server-appender.ts')
  return ServerAppender.open(url, options, writer, shared)
}

function lagRows(): number {
  return appender === null || indexer === null ? 0 : appender.head().seq - indexer.watermark
}

/** Resolves with false when the index could not be written, or is being written; an append never fails because of it. */
async function index(rows: number): Promise<boolean> {
  if (indexing) return false
  indexing = true
  try {
    await indexer?.step(rows)
    indexProblem = null
    return true
  } catch (error) {
    indexProblem = error instanceof Error ? error.message : String(error)
    return false
  } finally {
    indexing = false
  }
}

/** A retry stays where it is, or a health check every second would put it off for ever. */
function scheduleIndexing(): void {
  if (lagRows() <= 0 || retryPending) return
  cancelIndexing()
  if (indexProblem === null) {
    const quietMs = lastBatchRows > LOAD_BATCH_ROWS ? QUIET_UNDER_LOAD_MS : QUIET_MS
    cancelIndexing = systemClock.after(quietMs, () => void indexWhileQuiet())
    return
  }
  retryPending = true
  systemClock.after(INDEX_RETRY_MS, () => {
    retryPending = false
    void indexWhileQuiet()
  })
}

/** One step, then a look at the messages; goes on at once while none has come. */
async function indexWhileQuiet(): Promise<void> {
  if (!(await index(INDEX_STEP_ROWS)) || lagRows() <= 0) {
    scheduleIndexing()
    return
  }
  const next = setImmediate(() => void indexWhileQuiet())
  cancelIndexing = () => clearImmediate(next)
}
