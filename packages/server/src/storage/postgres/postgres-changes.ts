import { Client } from 'pg'
import type { Clock } from '../../clock.ts'

/** What the triggers of postgres-main-0017-tell-changes notify. */
const CHANNEL = 'spark_change'
const RECONNECT_MS = 1_000
/** A connection that is silent is noticed within this time and the next; whoever listens looks by itself as well. */
const PROBE_MS = 10_000
const ANSWER_MS = 3_000

/** Tells of changes that a transaction of any process has committed. */
export interface Changes {
  /** Calls back after a change, and after each time when one may have been missed. Returns what ends it. */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

/** One connection that listens, made anew when it breaks. Nothing connects before somebody listens; nothing here ever rejects. */
export function createChanges(url: string, clock: Pick<Clock, 'after' | 'every'>): Changes {
  const listeners = new Set<() => void>()
  let client: Client | null = null
  let closed = false
  let cancel: () => void = () => {}
  const tell = () => {
    for (const listener of listeners) listener()
  }

  async function connect(): Promise<void> {
    const own = new Client({
      connectionString: url,
      application_name: 'spark',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    })
    client = own
    const lost = () => {
      if (client === own) leave(own)
    }
    own.on('error', lost).on('end', lost).on('notification', tell)
    try {
      await own.connect()
      await own.query(`listen ${CHANNEL}`)
      if (client === own) cancel = clock.every(PROBE_MS, () => void own.query('select 1').catch(lost))
      tell()
    } catch {
      lost()
    }
  }

  function leave(own: Client): void {
    cancel()
    client = null
    void own.end().catch(() => {})
    if (!closed) cancel = clock.after(RECONNECT_MS, () => void connect())
  }

  return {
    onChange(listener) {
      listeners.add(listener)
      if (client === null && listeners.size === 1) void connect()
      return () => void listeners.delete(listener)
    },
    async close() {
      closed = true
      cancel()
      const own = client
      client = null
      await own?.end().catch(() => {})
    },
  }
}
