import { commandEvent, type Who } from './command-event.ts'
import { AT_ONCE } from './queue/queue.ts'
import { commandIn, type RolloutParts } from './rollout/decide-rollout.ts'
import type { TradingStores } from './storage/trading-stores.ts'

/** `all`, `venue:NAME` or `strategy:ID`. */
export interface KillRequest extends Who {
  scope: string
  reason: string
}

/** What is wrong with a scope, or null: a switch with a typing error in it would stop nothing. */
export async function killScopeProblem(
  strategies: Pick<TradingStores['strategies'], 'get'>,
  venueName: string,
  scope: string,
): Promise<string | null> {
  const [kind, ...rest] = scope.split(':')
  const name = rest.join(':')
  if (scope === 'all') return null
  if (kind === 'venue') return name === venueName ? null : `orders go to venue:${venueName}, not to ${scope}`
  if (kind === 'strategy') return (await strategies.get(name)) === null ? `no strategy ${name}` : null
  return `${scope} is no scope; say all, venue:${venueName} or strategy:ID`
}

/**
 * Sets the switch in one transaction: from its commit on no order that increases risk passes the fence, and a job cancels those that
 * are open. The switch of everything ends the rollout as well. Setting it again changes nothing but cancels again.
 */
export async function setKillSwitch(parts: RolloutParts, request: KillRequest): Promise<void> {
  const { stores, queue, clock } = parts
  const { scope, reason, actor, traceId } = request
  const nowMs = clock.nowMs()
  await stores.db.transaction().execute(async (trx) => {
    await stores.risk.kill(trx, { scope, reason, actor, setAt: nowMs })
    const payload = { kind: 'cancel', scope, askedAt: nowMs }
    await queue.enqueue(trx, { queue: 'order', key: `cancel ${traceId}`, payload, runAt: AT_ONCE })
    await stores.outbox.add(trx, [commandEvent(request, { ts: nowMs, action: 'kill.set', context: { scope, reason } })])
    if (scope === 'all') await commandIn(parts, trx, { kind: 'kill', by: actor, reason }, request)
  })
}

/** Lifts the switch. False when it was not set. */
export async function liftKillSwitch(parts: RolloutParts, request: KillRequest): Promise<boolean> {
  const { stores, clock } = parts
  const { scope, reason } = request
  return stores.db.transaction().execute(async (trx) => {
    const lifted = await stores.risk.unkill(trx, scope)
    if (lifted)
      await stores.outbox.add(trx, [
        commandEvent(request, { ts: clock.nowMs(), action: 'kill.lifted', context: { scope, reason } }),
      ])
    if (lifted && scope === 'all') await commandIn(parts, trx, { kind: 'unkill', by: request.actor, reason }, request)
    return lifted
  })
}
