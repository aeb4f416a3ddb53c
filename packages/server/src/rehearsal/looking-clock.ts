import type { Clock } from '../clock.ts'

export interface News {
  /** Grows whenever something was written that this one looks at. */
  writes: () => number
  /** Calls back after each commit that wrote such a thing. */
  onWrite: (callback: () => void) => void
  /** Something was written before whose time has come, or is yet to come; null: nothing waits. */
  waiting?: () => 'due' | 'later' | null
  /** Called back after so long all the same: prices move without a write. */
  anywayMs?: number
  /** Is enough instead of the first such call after news, when it says so. */
  instead?: () => boolean
  /** Periods of 5 s and more, of what sums up or compares (equity, the books), are this many times longer. */
  stretch?: number
}

export interface LookingClock extends Clock {
  /** Somebody looked without being called back. */
  saw(): void
}

const ANYWAY_MS = 60_000
const SUMS_UP_MS = 5000

/**
 * A clock for those who look at the database again and again: they are called back, at the times they would be anyway, when it was
 * written since, or when something is due. What has not changed looks the same, so leaving the look out changes nothing but the
 * time it takes.
 */
export function lookingClock(clock: Clock, news: News): LookingClock {
  const looks = new Set<{ seen: number }>()
  return {
    ...clock,
    every(periodMs, callback) {
      const { stretch = 1 } = news
      const look = { seen: -1 }
      looks.add(look)
      return startLooking(clock, news, periodMs >= SUMS_UP_MS ? periodMs * stretch : periodMs, look, callback)
    },
    saw() {
      for (const look of looks) look.seen = news.writes()
    },
  }
}

function startLooking(clock: Clock, news: News, periodMs: number, look: { seen: number }, callback: () => void): () => void {
  const { anywayMs = ANYWAY_MS } = news
  const beganMs = clock.monotonicMs()
  let calledMs = beganMs
  let armedMs = Number.POSITIVE_INFINITY
  let cancel = () => {}
  let wanted = true
  let wasNews = false

  /** At the first multiple of the period that is not before. */
  function arm(earliestMs: number): void {
    const atMs = beganMs + Math.max(1, Math.ceil((earliestMs - beganMs) / periodMs)) * periodMs
    if (!wanted || atMs >= armedMs) return
    cancel()
    armedMs = atMs
    cancel = clock.after(atMs - clock.monotonicMs(), fire)
  }

  function fire(): void {
    armedMs = Number.POSITIVE_INFINITY
    const nowMs = clock.monotonicMs()
    const isNews = news.writes() !== look.seen
    if (isNews || nowMs - calledMs >= anywayMs || news.waiting?.() === 'due') {
      look.seen = news.writes()
      calledMs = nowMs
      const isEnough = !isNews && wasNews && news.instead?.() === true
      wasNews = isNews
      if (!isEnough) callback()
    }
    arm(news.waiting?.() === null || news.waiting === undefined ? calledMs + anywayMs : nowMs + 1)
  }

  news.onWrite(() => arm(clock.monotonicMs() + 1))
  arm(beganMs)
  return () => {
    wanted = false
    cancel()
  }
}
