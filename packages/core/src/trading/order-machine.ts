import type { OrderState } from './order.ts'

/** What can happen to an order. */
export type OrderEvent =
  /** Risk took it and reserved for it; or did not. */
  | { kind: 'reserve' }
  | { kind: 'refuse' }
  /** Not sent: killed, of an old epoch, or its venue is halted. */
  | { kind: 'withdraw' }
  /** Not sent: `validUntil` has passed. */
  | { kind: 'lapse' }
  /** Written down as about to be sent; from `unknown` it is sent again. */
  | { kind: 'send' }
  /** No usable answer. */
  | { kind: 'lose' }
  /** The venue has it in its book, or says no. */
  | { kind: 'acknowledge' }
  | { kind: 'reject' }
  /** `complete`: nothing is left to fill. */
  | { kind: 'fill'; complete: boolean }
  /** The venue ended it. */
  | { kind: 'cancel' }
  | { kind: 'expire' }
  /** The venue said twice that it has no such order, and it may not be sent again. */
  | { kind: 'absent' }

type Kind = OrderEvent['kind']

/** At the venue, or perhaps at the venue: what its messages may change. */
const AT_VENUE: readonly OrderState[] = ['sending', 'unknown', 'acknowledged', 'partly_filled']

const TRANSITIONS: Record<Exclude<Kind, 'fill' | 'acknowledge'>, readonly [from: readonly OrderState[], to: OrderState]> = {
  reserve: [['planned'], 'reserved'],
  refuse: [['planned'], 'rejected'],
  withdraw: [['reserved', 'sending', 'unknown'], 'cancelled'],
  lapse: [['reserved', 'sending', 'unknown'], 'expired'],
  send: [['reserved', 'unknown'], 'sending'],
  lose: [['sending'], 'unknown'],
  reject: [['sending', 'unknown'], 'rejected'],
  cancel: [AT_VENUE, 'cancelled'],
  expire: [AT_VENUE, 'expired'],
  absent: [['unknown'], 'expired'],
}

const FINAL: ReadonlySet<OrderState> = new Set(['filled', 'cancelled', 'rejected', 'expired'])

export function isFinal(state: OrderState): boolean {
  return FINAL.has(state)
}

/**
 * The state after an event, or null when it may not happen in this one. Messages of a venue come in any order and twice:
 * a fill before the acknowledgement, or after the end of the order, is booked all the same.
 */
export function nextOrderState(state: OrderState, event: OrderEvent): OrderState | null {
  if (event.kind === 'fill') return afterFill(state, event.complete)
  if (event.kind === 'acknowledge') {
    if (state === 'sending' || state === 'unknown') return 'acknowledged'
    return state === 'acknowledged' || state === 'partly_filled' ? state : null
  }
  const [from, to] = TRANSITIONS[event.kind]
  return from.includes(state) ? to : null
}

function afterFill(state: OrderState, complete: boolean): OrderState | null {
  if (state === 'planned') return null
  if (complete) return 'filled'
  // It met an opposite wish inside; the rest is still to be sent.
  if (state === 'reserved') return 'reserved'
  return isFinal(state) ? (state === 'filled' ? null : state) : 'partly_filled'
}
