import type { Clock } from './clock.ts'
import type { Queue } from './queue/queue.ts'
import type { TradingStores } from './storage/trading-stores.ts'

/** `all`, `venue:NAME` or `strategy:ID`. */
export interface KillRequest {
  scope: string
  reason: string
  actor: string
  traceId: string
}

interface KillParts {
  stores: Pick<TradingStores, 'db' | 'risk' | 'outbox'>
  queue: Queue
  clock: Pick<Clock, 'nowMs'>
}

/**
 * Sets the switch in one transaction: from its commit on no order that increases risk passes the fence, and a job cancels those that
 * are open. Setting it again changes nothing but cancels again.
 */
export async function setKillSwitch({ stores, queue, clock }: KillParts, request: KillRequest): Promise<void> {
  const { scope, reason, actor, traceId } = request
  const nowMs = clock.nowMs()
  await stores.db.transaction().execute(async (trx) => {
    await stores.risk.kill(trx, { scope, reason, actor, setAt: nowMs })
    await queue.enqueue(trx, { queue: 'order', key: `cancel ${traceId}`, payload: { kind: 'cancel', scope, askedAt: nowMs } })
    await stores.outbox.add(trx, [{ ts: nowMs, action: 'kill.set', actor, traceId, result: 'ok', context: { scope, reason } }])
  })
}

/** Lifts the switch. False when it was not set. */
export async function liftKillSwitch({ stores, clock }: Omit<KillParts, 'queue'>, request: KillRequest): Promise<boolean> {
  const { scope, reason, actor, traceId } = request
  return stores.db.transaction().execute(async (trx) => {
    const lifted = await stores.risk.unkill(trx, scope)
    if (lifted)
      await stores.outbox.add(trx, [
        { ts: clock.nowMs(), action: 'kill.lifted', actor, traceId, result: 'ok', context: { scope, reason } },
      ])
    return lifted
  })
}
