import { useSyncExternalStore } from 'react'
import type { AuditItem } from '@spark/contract/audit'
import type { Metrics } from '@spark/contract/metrics'
import type { RolloutAnswer } from '@spark/contract/rollout'
import { ROUTES } from '@spark/contract/routes'
import { after, every, monotonicMs } from '../clock.ts'
import { streamStatus, type StreamStatus } from './stream-state.ts'

/** What comes over GET /api/events, gathered for a second: the screen is renewed once a second at most. */
export interface EventBatch {
  metrics: Metrics | null
  rollout: RolloutAnswer | null
  audit: AuditItem[]
  orders: number
  alerts: number
  breaches: number
}

export interface StreamView {
  status: StreamStatus
  /** Seconds since the newest event; null before the first. */
  ageS: number | null
}

const FLUSH_MS = 1000
const RETRY_MS = 2000

const emptyBatch = (): EventBatch => ({ metrics: null, rollout: null, audit: [], orders: 0, alerts: 0, breaches: 0 })

let view: StreamView = { status: 'connecting', ageS: null }
const listeners = new Set<() => void>()

/**
 * Listens, and comes back by itself: a browser repeats after a broken socket, but gives up after an error answer.
 * `onReturn` is called when it is open again after it was lost. Returns what ends it.
 */
export function openEventStream(onBatch: (batch: EventBatch) => void, onReturn: () => void): () => void {
  let source: EventSource | null = null
  let batch = emptyBatch()
  let facts = { broken: false, lastEventMs: null as number | null, openedMs: monotonicMs() }
  let cancelRetry = () => {}
  const heard = () => {
    if (facts.broken) onReturn()
    facts = { ...facts, broken: false, lastEventMs: monotonicMs() }
  }
  const keep = (type: string, put: (data: unknown) => void) =>
    source?.addEventListener(type, (event) => {
      heard()
      put(JSON.parse((event as MessageEvent<string>).data))
    })
  function connect(): void {
    source = new EventSource(ROUTES.events.path)
    keep('metrics', (data) => (batch.metrics = data as Metrics))
    keep('rollout', (data) => (batch.rollout = data as RolloutAnswer))
    keep('audit', (data) => batch.audit.push(data as AuditItem))
    keep('order', () => (batch.orders += 1))
    keep('alert', () => (batch.alerts += 1))
    keep('breach', () => (batch.breaches += 1))
    source.addEventListener('error', () => {
      facts = { ...facts, broken: true }
      publish()
      if (source?.readyState !== EventSource.CLOSED) return
      cancelRetry()
      cancelRetry = after(RETRY_MS, connect)
    })
  }
  function publish(): void {
    const nowMs = monotonicMs()
    const ageS = facts.lastEventMs === null ? null : Math.round((nowMs - facts.lastEventMs) / 1000)
    const status = streamStatus(facts, nowMs)
    if (status === view.status && ageS === view.ageS) return
    view = { status, ageS }
    for (const listener of listeners) listener()
  }
  const stopFlush = every(FLUSH_MS, () => {
    const full = batch
    batch = emptyBatch()
    onBatch(full)
    publish()
  })
  connect()
  return () => {
    stopFlush()
    cancelRetry()
    source?.close()
  }
}

export function useStream(): StreamView {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => view,
  )
}
