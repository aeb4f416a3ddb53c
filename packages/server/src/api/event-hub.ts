import { alertView } from '../alert-view.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { AlertStore } from '../storage/alert-store.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import type { RolloutViews } from '../rollout/rollout-view.ts'
import type { RolloutWatch } from '../rollout/watch-rollout.ts'
import { tellRollout } from './rollout-events.ts'
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
  /** Ends all; who comes later is let go at once, and finds another worker. */
  close(): void
}

const AUDIT_PERIOD_MS = 500
const ALERT_PERIOD_MS = 500
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
  /** The newest change of an alert that it was told of; null before the first look. */
  alertChange: number | null
  looking: boolean
  slowSinceMs: number | null
  cancel: (() => void)[]
}

interface EventHubDeps {
  clock: Clock
  log: Log
  auditReader: AuditReader
  slices: MetricSliceStore
  alerts: Pick<AlertStore, 'newestChange' | 'changedSince'>
  rollout: RolloutWatch
  rolloutViews: RolloutViews
}

interface Hub extends EventHubDeps {
  streams: Set<Stream>
}

/**
 * Server-sent events read from storage, so that any worker can serve any reader and a reader resumes anywhere: an event's
 * id is the set of audit positions seen so far, and of the newest change of an alert (`api-1:17,executor:4,alert:9`).
 */
export function createEventHub(deps: EventHubDeps): EventHub {
  const streams = new Set<Stream>()
  const hub: Hub = { ...deps, streams }
  let closed = false
  const sendAlerts = createAlertSender(hub)
  const sendAll = (event: string) => (data: unknown) => {
    for (const stream of streams) if (!isSlow(hub, stream)) send(hub, stream, event, data, null)
  }
  const stopTelling = tellRollout({
    watch: deps.rollout,
    views: deps.rolloutViews,
    log: deps.log,
    wanted: () => streams.size > 0,
    tell: { rollout: sendAll('rollout'), breach: sendAll('breach') },
  })
  const cancelAlerts = deps.clock.every(ALERT_PERIOD_MS, () => void sendAlerts())
  return {
    open(sink, lastEventId) {
      const stream: Stream = { sink, ...positionsOf(lastEventId), looking: false, slowSinceMs: null, cancel: [] }
      if (closed || streams.size >= STREAMS_MAX) return letGo(sink)
      streams.add(stream)
      sink.write('retry: 2000\n\n')
      stream.cancel.push(
        deps.clock.every(AUDIT_PERIOD_MS, () => void sendAudit(hub, stream)),
        deps.clock.every(METRICS_PERIOD_MS, () => void sendMetrics(hub, stream)),
      )
      void sendAlerts()
        .then(() => sendAudit(hub, stream))
        .then(() => sendMetrics(hub, stream))
        .then(() => sendRollout(hub, stream))
      return () => close(hub, stream)
    },
    size: () => streams.size,
    close() {
      closed = true
      cancelAlerts()
      stopTelling()
      for (const stream of streams) close(hub, stream)
    },
  }
}

function letGo(sink: EventSink): () => void {
  sink.end()
  return () => {}
}

async function look({ log }: Hub, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log.warn({ err: error }, 'event stream cannot read storage; it tries again')
  }
}

/** Events wait in storage, not in memory, while their reader is slow. */
function isSlow(hub: Hub, stream: Stream): boolean {
  if (stream.sink.waitingBytes() <= WAITING_BYTES_MAX) {
    stream.slowSinceMs = null
    return false
  }
  stream.slowSinceMs ??= hub.clock.realMs()
  if (hub.clock.realMs() - stream.slowSinceMs > SLOW_MAX_MS) close(hub, stream)
  return true
}

async function sendAudit(hub: Hub, stream: Stream): Promise<void> {
  if (stream.looking || isSlow(hub, stream)) return
  stream.looking = true
  await look(hub, async () => {
    stream.positions ??= await hub.auditReader.positions()
    const rows = await hub.auditReader.since(stream.positions, ROWS_PER_LOOK)
    for (const { writer, seq, ...item } of rows) {
      // Without an id: who breaks off here gets it once more.
      if (item.action.startsWith('order.')) send(hub, stream, 'order', item, null)
      stream.positions[writer] = seq
      send(hub, stream, 'audit', item, idOf(stream))
    }
  })
  stream.looking = false
}

async function sendMetrics(hub: Hub, stream: Stream): Promise<void> {
  if (isSlow(hub, stream)) return
  await look(hub, async () => {
    const metrics = await currentMetrics(hub.slices, hub.clock.nowMs())
    send(hub, stream, 'metrics', metrics, idOf(stream))
  })
}

/** What is now, to who begins to listen. */
async function sendRollout(hub: Hub, stream: Stream): Promise<void> {
  await look(hub, async () => send(hub, stream, 'rollout', await hub.rolloutViews.of(hub.rollout.now()), null))
}

/** Sends every stream the alerts that changed; one that changed twice since the last look is sent once, as it is now. */
function createAlertSender(hub: Hub): () => Promise<void> {
  let looking = false
  return async () => {
    if (hub.streams.size === 0 || looking) return
    looking = true
    await look(hub, async () => {
      const newest = await hub.alerts.newestChange()
      for (const stream of hub.streams) {
        stream.alertChange ??= newest
        if (stream.alertChange >= newest || isSlow(hub, stream)) continue
        for (const alert of await hub.alerts.changedSince(stream.alertChange, ROWS_PER_LOOK)) {
          stream.alertChange = alert.change
          send(hub, stream, 'alert', alertView(alert), idOf(stream))
        }
      }
    })
    looking = false
  }
}

function send({ streams }: Hub, stream: Stream, event: string, data: unknown, id: string | null): void {
  if (!streams.has(stream)) return
  stream.sink.write(`event: ${event}\n${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
}

function close({ streams }: Hub, stream: Stream): void {
  if (!streams.delete(stream)) return
  for (const cancel of stream.cancel) cancel()
  stream.sink.end()
}

/** Some 200 writers: a few on each of many hosts. */
const ID_CHARACTERS_MAX = 4096
const ID_PATTERN = /^[a-z0-9.-]+:\d{1,15}(,[a-z0-9.-]+:\d{1,15})*$/

/** Not a writer of the audit. */
const ALERT = 'alert'

/** Null before everything was looked at once: who broke off then would miss what comes meanwhile. */
function idOf({ positions, alertChange }: Pick<Stream, 'positions' | 'alertChange'>): string | null {
  if (positions === null || alertChange === null) return null
  return Object.entries({ ...positions, [ALERT]: alertChange })
    .map(([source, place]) => `${source}:${place}`)
    .join(',')
}

/** Null (start now) for anything that is not an id of ours. */
function positionsOf(lastEventId: string | null): Pick<Stream, 'positions' | 'alertChange'> {
  if (lastEventId === null || lastEventId.length > ID_CHARACTERS_MAX || !ID_PATTERN.test(lastEventId))
    return { positions: null, alertChange: null }
  const places: Positions = Object.fromEntries(
    lastEventId.split(',').map((part) => [part.slice(0, part.indexOf(':')), Number(part.slice(part.indexOf(':') + 1))]),
  )
  const { [ALERT]: alertChange = null, ...positions } = places
  return { positions, alertChange }
}
