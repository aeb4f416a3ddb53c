import { serverTime, type TimeMark } from './server-time.ts'

const SECOND_MS = 1000

/** Of this browser: ../clock.ts. */
export interface BrowserClock {
  browserMs: () => number
  monotonicMs: () => number
  every: (ms: number, work: () => void) => () => void
}

/** The server's time as the page shows it, the same everywhere. */
export interface ShownTime {
  learn: (serverMs: number, speed: number) => void
  subscribe: (listener: () => void) => () => void
  ms: () => number
}

/** It is renewed once a second while somebody looks: nothing on screen moves faster. */
export function createShownTime({ browserMs, monotonicMs, every }: BrowserClock): ShownTime {
  let mark: TimeMark | null = null
  let stop: (() => void) | null = null
  const listeners = new Set<() => void>()
  const read = () => (mark === null ? browserMs() : serverTime(mark, monotonicMs()))
  let shownMs = read()

  function renew(): void {
    shownMs = read()
    for (const one of listeners) one()
  }

  return {
    learn(serverMs, speed) {
      mark = { serverMs, atMonotonicMs: monotonicMs(), speed }
    },
    subscribe(listener) {
      listeners.add(listener)
      if (stop === null) {
        stop = every(SECOND_MS, renew)
        // It stood still while nobody looked.
        renew()
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        stop = null
      }
    },
    ms: () => shownMs,
  }
}

/** What has happened is never in the future: what is shown is up to a second old, and a fast clock goes a minute in that time. */
export function agoMs(happenedMs: number, nowMs: number): number {
  return Math.max(0, nowMs - happenedMs)
}
