import type { Clock } from '../clock.ts'
import { longestLeaseMs } from '../rollout-plan.ts'

export interface ExposureLease {
  /** Whether exposure counts by the lease that was just read: until this time, wall ms. To be asked again and again. */
  holds(leaseUntil: number): boolean
}

/** Clocks of two processes on one machine are read one after the other. */
const TOLERANCE_MS = 1000

/**
 * The lease as one reader sees it. It is kept in wall time, so that every process can read it; a clock that is set back must not make
 * it longer. So one that ends later than any lease can is none, and one that nobody has renewed for as long as the longest lasts, by the
 * monotonic clock, is over.
 */
export function createExposureLease(clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'speed'>): ExposureLease {
  const longestMs = longestLeaseMs(clock.speed)
  let renewed = { leaseUntil: 0, atMs: 0 }
  return {
    holds(leaseUntil) {
      const atMs = clock.monotonicMs()
      if (leaseUntil !== renewed.leaseUntil) renewed = { leaseUntil, atMs }
      return isWithinLease(leaseUntil, clock.nowMs(), longestMs) && atMs - renewed.atMs <= longestMs
    },
  }
}

/** The same for who looks only once. */
export function isWithinLease(leaseUntil: number, nowMs: number, longestMs: number): boolean {
  return leaseUntil >= nowMs && leaseUntil - nowMs <= longestMs + TOLERANCE_MS
}
