/** How a venue lets one down, each as a probability from 0 to 1. For tests and rehearsals. */
export interface Misbehaviour {
  /** Takes the order, and the answer is lost. */
  acceptThenTimeOut: number
  /** 5xx: the order was not taken, and nobody can tell. */
  failUnplaced: number
  /** 429 with `rateLimitMs` to wait. */
  rateLimit: number
  /** Refused because of the caller's clock (-1021). */
  clockSkew: number
  /** Pushes a fill twice. */
  duplicateFill: number
  /** Fills are pushed before the order is acknowledged. */
  fillBeforeAnswer: number
  /** Takes a client order id again as another order, when the first has ended. */
  idReuse: number
  /** Says "not found" of an order for so long after it was taken, ms. */
  notFoundForMs: number
  rateLimitMs: number
}

export const WELL_BEHAVED: Misbehaviour = {
  acceptThenTimeOut: 0,
  failUnplaced: 0,
  rateLimit: 0,
  clockSkew: 0,
  duplicateFill: 0,
  fillBeforeAnswer: 0,
  idReuse: 0,
  notFoundForMs: 0,
  rateLimitMs: 1000,
}
