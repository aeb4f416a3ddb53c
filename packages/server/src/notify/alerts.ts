import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Queue } from '../queue/queue.ts'
import type { AlertStore, NewAlert } from '../storage/alert-store.ts'
import type { AuditOutbox } from '../storage/audit-outbox.ts'
import type { MainTables } from '../storage/tables.ts'
import type { ChannelName } from './channels.ts'

/** An alert raised again within this time is the same one: told once. */
const AGAIN_MS = 600_000

export interface Alerts {
  /**
   * Stores the alert, its audit event and one notification a channel in the caller's transaction. Nothing is sent here, so
   * nobody waits for a channel.
   */
  raise(trx: Kysely<MainTables>, alert: NewAlert): Promise<void>
  resolve(trx: Kysely<MainTables>, code: string, scope: string): Promise<void>
}

export function createAlerts(deps: {
  store: AlertStore
  outbox: AuditOutbox
  queue: Queue
  channels: readonly ChannelName[]
  clock: Pick<Clock, 'nowMs'>
}): Alerts {
  return {
    async resolve() {},
    async raise(trx, alert) {
      const nowMs = deps.clock.nowMs()
      const { id, fresh } = await deps.store.add(trx, alert, nowMs, AGAIN_MS)
      if (!fresh) return
      const { severity, code, scope, message } = alert
      await deps.outbox.add(trx, [
        {
          ts: nowMs,
          action: 'alert.raised',
          actor: 'executor',
          result: 'ok',
          context: { alert: id, severity, code, scope, message },
        },
      ])
      for (const channel of deps.channels)
        await deps.queue.enqueue(trx, {
          queue: 'notification',
          key: `alert ${id} ${channel}`,
          payload: { channel, alert: id, ts: nowMs, severity, code, scope, message },
        })
    },
  }
}
