import type { Strategy, StrategyStatus } from '@spark/core/trading/strategy'
import type { Clock } from './clock.ts'
import { commandEvent, type Who } from './command-event.ts'
import type { TradingStores } from './storage/trading-stores.ts'

export interface StrategyCommand extends Who {
  id: string
  reason: string | null
}

interface StrategyParts {
  stores: Pick<TradingStores, 'db' | 'strategies' | 'outbox'>
  clock: Pick<Clock, 'nowMs'>
}

const STATUS_ACTIONS: Record<StrategyStatus, string> = {
  running: 'strategy.started',
  paused: 'strategy.paused',
  stopped: 'strategy.stopped',
}

/** The status and its audit event in one transaction. False when there is no such strategy. */
export async function setStrategyStatus(
  { stores, clock }: StrategyParts,
  { id, reason, ...giver }: StrategyCommand,
  status: StrategyStatus,
): Promise<boolean> {
  const ts = clock.nowMs()
  const shown = status === 'running' ? null : (reason ?? 'by hand')
  return stores.db.transaction().execute(async (trx) => {
    if (!(await stores.strategies.setStatus(trx, id, status, shown, ts))) return false
    const event = { ts, action: STATUS_ACTIONS[status], strategyId: id, context: { status, reason } }
    await stores.outbox.add(trx, [commandEvent(giver, event)])
    return true
  })
}

/** Name, capital or mode, and the audit event with before and after, in one transaction. False when there is no such strategy. */
export async function changeStrategy(
  { stores, clock }: StrategyParts,
  { id, reason, ...giver }: StrategyCommand,
  change: Partial<Pick<Strategy, 'name' | 'capital' | 'mode'>>,
): Promise<boolean> {
  const ts = clock.nowMs()
  return stores.db.transaction().execute(async (trx) => {
    const stored = await stores.strategies.get(id, trx)
    if (stored === null) return false
    await stores.strategies.change(trx, id, change, ts)
    const before = { name: stored.name, capital: stored.capital, mode: stored.mode }
    const context = { before, after: { ...before, ...change }, reason }
    await stores.outbox.add(trx, [commandEvent(giver, { ts, action: 'strategy.changed', strategyId: id, context })])
    return true
  })
}
