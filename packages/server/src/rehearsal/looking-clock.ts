import type { Clock } from '../clock.ts'

export interface News {
  /** Grows whenever something was written that this one looks at. */
  writes: () => number
  /** Something is due that was written before. */
  isDue?(): boolean
  /** Called back after so long all the same: prices move without a write. */
  anywayMs?: number
  /** Periods of 5 s and more, of what sums up or compares (equity, the books), are this many times longer. */
  stretch?: number
}

export interface LookingClock extends Clock {
  /** Somebody looked without being called back. */
  saw: () => void
}

const ANYWAY_MS = 60_000
const SUMS_UP_MS = 5000

/**
 * A clock for those who look at the database again and again: they are called back when it was written since, or when something is due.
 * What has not changed looks the same, so leaving the look out changes nothing but the time it takes.
 */
export function lookingClock(clock: Clock, news: News): LookingClock {
  const { anywayMs = ANYWAY_MS, stretch = 1 } = news
  const timers = new Set<{ seen: number; calledMs: number }>()
  return {
    ...clock,
    every(periodMs, callback) {
      const timer = { seen: -1, calledMs: clock.monotonicMs() }
      timers.add(timer)
      return clock.every(periodMs >= SUMS_UP_MS ? periodMs * stretch : periodMs, () => {
        const writes = news.writes()
        const nowMs = clock.monotonicMs()
        if (writes === timer.seen && nowMs - timer.calledMs < anywayMs && news.isDue?.() !== true) return
        timer.seen = writes
        timer.calledMs = nowMs
        callback()
      })
    },
    saw() {
      for (const timer of timers) timer.seen = news.writes()
    },
  }
}
