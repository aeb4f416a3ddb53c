import type { Clock } from '../../clock.ts'

const MINUTE_MS = 60_000

/** How many cancels may still go to the venue. A restart begins anew: cancelling too little is worse than a refused request. */
export interface CancelBudget {
  /** False: none of so many a minute is left. */
  take(perMinute: number): boolean
}

export function createCancelBudget(clock: Pick<Clock, 'monotonicMs'>): CancelBudget {
  let taken: number[] = []
  return {
    take(perMinute) {
      const nowMs = clock.monotonicMs()
      taken = taken.filter((atMs) => atMs > nowMs - MINUTE_MS)
      if (taken.length >= perMinute) return false
      taken.push(nowMs)
      return true
    },
  }
}
