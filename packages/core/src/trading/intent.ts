import type { Sha256 } from '../audit/chain.ts'
import type { Purpose } from './order.ts'

/** Client order ids of Spark begin with it; others in the venue's book are somebody else's. */
export const CLIENT_ORDER_PREFIX = 'sp-'

/**
 * Same wish, same id: 64 hex digits over strategy, moment and purpose. `moment` is the open time (ms) of the candle decided on,
 * or the id of the request for what a person asked.
 */
export function intentId(wish: { strategyId: string; moment: number | string; purpose: Purpose }, sha256: Sha256): string {
  return sha256(JSON.stringify(['intent', wish.strategyId, wish.moment, wish.purpose]))
}

/** 32 characters of [a-z0-9-], which every venue takes; the first 116 bits of the intent id. */
export function clientOrderId(intent: string): string {
  return `${CLIENT_ORDER_PREFIX}${intent.slice(0, 29)}`
}

export function isOurs(clientOrder: string): boolean {
  return clientOrder.startsWith(CLIENT_ORDER_PREFIX)
}
