import { type ChainHead, GENESIS_HASH } from '@spark/core/audit/chain'
import type { Clock } from '../../clock.ts'
import { StorageError } from '../storage-error.ts'
import { ThreadClient } from '../thread-client.ts'
import { fromThreadFailure } from '../thread-failure.ts'
import {
  type AuditEvent,
  auditLine,
  type AuditPosition,
  type AuditWriter,
  type AuditWriterStats,
  tsOfLine,
} from './audit-event.ts'
import type { AuditEnd } from './audit-batch.ts'
import type { AuditLocation } from './audit-location.ts'
import { auditPlace } from './audit-source.ts'
import type { AuditAnswer, AuditRequest, AuditThreadOptions } from './audit-thread.ts'

export interface AuditWriterOptions extends AuditLocation {
  /** Name of the chain; one process at a time writes it, unless `shared`. */
  writer: string
  clock: Clock
  /** Short-lived processes (the command line) take turns on one chain; each commit costs one more read. */
  shared?: boolean
  /** The chain cannot be continued by this process; it should stop. Called once. */
  onFatal?: (error: Error, why: AuditEnd) => void
}

const BATCH_ROWS_MAX = 1_024
const BATCH_CHARACTERS_MAX = 1 << 20
const LINE_CHARACTERS_MAX = 1 << 18
const WAITING_ROWS_MAX = 20_000
const WAITING_CHARACTERS_MAX = 1 << 26

/** So many rows waiting go to the thread at once, and as many batches may be on their way: it writes one while the next gathers. */
const BATCH_ROWS_EAGER = 16
const BATCHES_IN_FLIGHT_MAX = 2

interface Waiting {
  line: string
  resolve: (position: AuditPosition) => void
  reject: (error: Error) => void
}

/** Opens the chain, continuing it where it ends. Rejects with StorageError. */
export async function openAuditWriter(options: AuditWriterOptions): Promise<AuditWriter> {
  const queue = new AuditQueue(options)
  await queue.open()
  return {
    writer: options.writer,
    append: (event) => queue.append(event),
    appendAll: (events) => queue.appendAll(events),
    head: () => queue.head,
    probe: () => queue.probe(),
    stats: () => queue.stats(),
    close: () => queue.close(),
  }
}

/**
 * The main thread's side: while one batch is being committed the next gathers, so batches grow with the load and no timer
 * delays anyone. One string a batch crosses to the thread.
 */
class AuditQueue {
  head: ChainHead = { seq: 0, hash: GENESIS_HASH }
  readonly #options: AuditWriterOptions
  readonly #thread: ThreadClient<AuditRequest, AuditAnswer>
  #waiting: Waiting[] = []
  #waitingCharacters = 0
  #inFlightRows = 0
  #inFlightBatches = 0
  #sendScheduled = false
  #ended: Error | null = null
  #idle: (() => void)[] = []
  readonly #stats = { rows: 0, commits: 0, lastCommitMs: 0, indexLagRows: 0, indexProblem: null as string | null }

  constructor(options: AuditWriterOptions) {
    this.#options = options
    const { clock: _clock, onFatal: _onFatal, shared = false, ...location } = options
    this.#thread = new ThreadClient({
      script: new URL('./audit-thread.ts', import.meta.url),
      name: 'audit',
      workerData: { ...location, shared } satisfies AuditThreadOptions,
      path: auditPlace(options, options.writer),
      memoryMbMax: 128,
      onDeath: (error) => this.#fail(error, 'died'),
    })
  }

  async open(): Promise<void> {
    try {
      await this.#ask({ kind: 'open' })
    } catch (error) {
      await this.#thread.terminate()
      throw error
    }
  }

  append(event: AuditEvent): Promise<AuditPosition> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#accept(this.#lineOf(event), resolve, reject)
      this.#sendWaiting()
    })
  }

  /** In one batch; what does not fit follows when the part before is written. So a failure leaves the first of them or none. */
  async appendAll(events: readonly AuditEvent[]): Promise<AuditPosition[]> {
    if (this.#ended !== null) throw this.#ended
    const lines = events.map((event) => ({ line: this.#lineOf(event) }))
    const positions: AuditPosition[] = []
    for (let at = 0; at < lines.length; at = positions.length) {
      const part = lines.slice(at, at + batchRows(lines, at))
      const written = part.map(({ line }) => new Promise<AuditPosition>((resolve, reject) => this.#accept(line, resolve, reject)))
      this.#sendWaiting()
      positions.push(...(await Promise.all(written)))
    }
    return positions
  }

  #lineOf(event: AuditEvent): string {
    const line = auditLine(event, this.#options.clock.nowMs())
    if (line.length > LINE_CHARACTERS_MAX)
      throw new RangeError(`an audit row of ${line.length} characters is longer than ${LINE_CHARACTERS_MAX}`)
    return line
  }

  #accept(line: string, resolve: Waiting['resolve'], reject: Waiting['reject']): void {
    const rows = this.#waiting.length + this.#inFlightRows
    if (rows >= WAITING_ROWS_MAX || this.#waitingCharacters > WAITING_CHARACTERS_MAX)
      throw this.#unavailable(`overload, ${rows} audit rows wait for the disk`)
    this.#waiting.push({ line, resolve, reject })
    this.#waitingCharacters += line.length
  }

  #sendWaiting(): void {
    if (this.#waiting.length >= BATCH_ROWS_EAGER && this.#inFlightBatches < BATCHES_IN_FLIGHT_MAX) void this.#sendBatch()
    else if (this.#inFlightBatches === 0 && !this.#sendScheduled) this.#sendSoon()
  }

  async probe(): Promise<void> {
    await this.#ask({ kind: 'probe' })
  }

  stats(): AuditWriterStats {
    return { ...this.#stats, waitingRows: this.#waiting.length + this.#inFlightRows }
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return
    if (this.#inFlightBatches > 0 || this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    this.#ended ??= this.#unavailable('the audit writer is closed')
    await this.#thread.close({ kind: 'close' })
  }

  /** After the sockets that are ready now were read: their rows share the commit. */
  #sendSoon(): void {
    this.#sendScheduled = true
    setImmediate(() => {
      this.#sendScheduled = false
      if (this.#inFlightBatches === 0) void this.#sendBatch()
    })
  }

  /** Sends what waits; when it is written, what has gathered meanwhile. The thread writes batches in the order they were sent. */
  async #sendBatch(): Promise<void> {
    if (this.#waiting.length === 0 || this.#ended !== null) return this.#settleIdle()
    const batch = this.#takeBatch()
    this.#inFlightRows += batch.length
    this.#inFlightBatches += 1
    const startedMs = this.#options.clock.realMs()
    try {
      const { firstSeq } = await this.#ask({ kind: 'append', batch: joined(batch) })
      const { writer } = this.#options
      for (const [at, row] of batch.entries()) row.resolve({ writer, seq: firstSeq + at })
      this.#stats.rows += batch.length
      this.#stats.commits += 1
      this.#stats.lastCommitMs = this.#options.clock.realMs() - startedMs
    } catch (error) {
      const reason = error instanceof Error ? error : this.#unavailable(String(error))
      for (const row of batch) row.reject(reason)
    }
    this.#inFlightRows -= batch.length
    this.#inFlightBatches -= 1
    void this.#sendBatch()
  }

  #settleIdle(): void {
    if (this.#inFlightBatches === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #takeBatch(): Waiting[] {
    const rows = batchRows(this.#waiting, 0)
    const batch = this.#waiting.slice(0, rows)
    this.#waiting = this.#waiting.slice(rows)
    for (const { line } of batch) this.#waitingCharacters -= line.length
    return batch
  }

  async #ask(request: AuditRequest): Promise<AuditAnswer> {
    const answer = await this.#thread.ask(request)
    this.head = answer.head
    this.#stats.indexLagRows = answer.indexLagRows
    this.#stats.indexProblem = answer.indexProblem
    if (answer.failure === null) return answer
    const error = fromThreadFailure(answer.failure.error)
    if (answer.failure.end !== null) this.#fail(error, answer.failure.end)
    throw error
  }

  /** Nothing more can be written: what waits is refused, and the process is told once. */
  #fail(error: Error, why: AuditEnd): void {
    if (this.#ended !== null) return
    this.#ended = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    this.#options.onFatal?.(error, why)
  }

  #unavailable(detail: string): StorageError {
    return new StorageError('unavailable', auditPlace(this.#options, this.#options.writer), detail)
  }
}

/** How many of these lines, from one on, a batch takes: at least one. */
function batchRows(lines: readonly { line: string }[], from: number): number {
  let rows = 0
  let characters = 0
  for (let at = from; at < lines.length && rows < BATCH_ROWS_MAX; at++) {
    characters += lines[at]?.line.length ?? 0
    if (rows > 0 && characters > BATCH_CHARACTERS_MAX) break
    rows += 1
  }
  return rows
}

function joined(batch: readonly Waiting[]): { body: string; firstTs: number; lastTs: number } {
  let body = ''
  let firstTs = Number.POSITIVE_INFINITY
  let lastTs = Number.NEGATIVE_INFINITY
  for (const { line } of batch) {
    const ts = tsOfLine(line)
    body = body === '' ? line : `${body}\n${line}`
    if (ts < firstTs) firstTs = ts
    if (ts > lastTs) lastTs = ts
  }
  return { body, firstTs, lastTs }
}
