import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import { currentMetrics } from './slo-view.ts'

/** What a stream writes to. */
export interface EventSink {
  write(text: string): void
  /** Bytes that were written and not taken yet. */
  waitingBytes(): number
  end(): void
}

export interface EventHub {
  /** Sends events until the returned function is called. `lastEventId` resumes after what was seen; null starts now. */
  open(sink: EventSink, lastEventId: string | null): () => void
  size(): number
  close(): void
}

const AUDIT_PERIOD_MS = 500
const METRICS_PERIOD_MS = 5000
/** Rows per look: a reader that is further behind gets the rest at the next ones. */
const ROWS_PER_LOOK = 500
/** With more than this waiting the reader is slow: nothing more is read for it until it has caught up. */
const WAITING_BYTES_MAX = 1 << 20
/** A reader that is slow for this long is let go; its browser reconnects and resumes from its last id. */
const SLOW_MAX_MS = 30_000
/** Open streams of one process; each costs a look at the audit twice a second. */
const STREAMS_MAX = 200

type Positions = Record<string, number>

interface Stream {
  sink: EventSink
  positions: Positions | null
  looking: boolean
  slowSinceMs: number | null
  cancel: (() => void)[]
}

/**
 * Server-sent events read from storage, so that any worker can serve any reader and a reader resumes anywhere: an event's
 * id is the set of audit positions seen so far (`api-1:17,executor:4`).
 */
export function createEventHub(deps: { clock: Clock; log: Log; auditReader: AuditReader; slices: MetricSliceStore }): EventHub {
  const streams = new Set<Stream>()

  async function look(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      deps.log.warn({ err: error }, 'event stream cannot read storage; it tries again')
    }
  }

  /** Events wait in storage, not in memory, while their reader is slow. */
  function isSlow(stream: Stream): boolean {
    if (stream.sink.waitingBytes() <= WAITING_BYTES_MAX) {
      stream.slowSinceMs = null
      return false
    }
    stream.slowSinceMs ??= deps.clock.monotonicMs()
    if (deps.clock.monotonicMs() - stream.slowSinceMs > SLOW_MAX_MS) close(stream)
    return true
  }

  async function sendAudit(stream: Stream): Promise<void> {
    if (stream.looking || isSlow(stream)) return
    stream.looking = true
    await look(async () => {
      stream.positions ??= await deps.auditReader.positions()
      const rows = await deps.auditReader.since(stream.positions, ROWS_PER_LOOK)
      for (const { writer, seq, ...item } of rows) {
        // Without an id: who breaks off here gets it once more.
        if (item.action.startsWith('order.')) send(stream, 'order', item, null)
        stream.positions[writer] = seq
        send(stream, 'audit', item, idOf(stream.positions))
      }
    })
    stream.looking = false
  }

  async function sendMetrics(stream: Stream): Promise<void> {
    if (isSlow(stream)) return
    await look(async () => {
      const metrics = await currentMetrics(deps.slices, deps.clock.nowMs())
      send(stream, 'metrics', metrics, stream.positions === null ? null : idOf(stream.positions))
    })
  }

  function send(stream: Stream, event: string, data: unknown, id: string | null): void {
    if (!streams.has(stream)) return
    stream.sink.write(`event: ${event}\n${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
  }

  function close(stream: Stream): void {
    if (!streams.delete(stream)) return
    for (const cancel of stream.cancel) cancel()
    stream.sink.end()
  }

  return {
    open(sink, lastEventId) {
      const stream: Stream = { sink, positions: positionsOf(lastEventId), looking: false, slowSinceMs: null, cancel: [] }
      if (streams.size >= STREAMS_MAX) {
        sink.end()
        return () => {}
      }
      streams.add(stream)
      sink.write('retry: 2000\n\n')
      stream.cancel.push(
        deps.clock.every(AUDIT_PERIOD_MS, () => void sendAudit(stream)),
        deps.clock.every(METRICS_PERIOD_MS, () => void sendMetrics(stream)),
      )
      void sendAudit(stream).then(() => sendMetrics(stream))
      return () => close(stream)
    },
    size: () => streams.size,
    close() {
      for (const stream of streams) close(stream)
    },
  }
}

function idOf(positions: Positions): string {
  return Object.entries(positions)
    .map(([writer, seq]) => `${writer}:${seq}`)
    .join(',')
}

/** Null (start now) for anything that is not an id of ours. */
function positionsOf(lastEventId: string | null): Positions | null {
  if (lastEventId === null || lastEventId.length > 1024 || !/^[a-z0-9-]+:\d{1,15}(,[a-z0-9-]+:\d{1,15})*$/.test(lastEventId))
    return null
  return Object.fromEntries(
    lastEventId.split(',').map((part) => [part.slice(0, part.indexOf(':')), Number(part.slice(part.indexOf(':') + 1))]),
  )
}
