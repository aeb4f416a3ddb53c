import type { Clock } from '../clock.ts'

const WINDOW_MS = 300_000
/** More errors than any window holds are not kept. */
const KEPT_MAX = 10_000

/** The codes of errors of the newest five minutes, counted. */
export function createErrorCounts(clock: Pick<Clock, 'nowMs'>): {
  add(code: string): void
  top(): { code: string; count: number }[]
} {
  const seen: { ts: number; code: string }[] = []
  return {
    add(code) {
      seen.push({ ts: clock.nowMs(), code })
      if (seen.length > KEPT_MAX) seen.shift()
    },
    top() {
      const sinceMs = clock.nowMs() - WINDOW_MS
      while ((seen[0]?.ts ?? Number.POSITIVE_INFINITY) < sinceMs) seen.shift()
      const counts = Map.groupBy(seen, ({ code }) => code)
      return [...counts]
        .map(([code, own]) => ({ code, count: own.length }))
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
        .slice(0, 3)
    },
  }
}
