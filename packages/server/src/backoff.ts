export interface Backoff {
  firstMs: number
  maxMs: number
}

/**
 * How long to wait before attempt `attempt` (0 is the first retry): doubling up to `maxMs`, of which a random part between one
 * half and the whole is taken, so that clients that lost the same server do not return at the same moment. `unit` is in [0, 1).
 */
export function backoffMs(backoff: Backoff, attempt: number, unit: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt, 30))
  return full * (0.5 + unit / 2)
}
