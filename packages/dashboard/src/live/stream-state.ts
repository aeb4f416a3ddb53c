import type { AuditItem } from '@spark/contract/audit'

/** Rows that RecentActions can show. */
export const RECENT_MAX = 300

/** A stream that brings nothing for so long is lost, although its socket says nothing: metrics come every 5 s. */
export const SILENT_MS = 8000

export type StreamStatus = 'connecting' | 'open' | 'lost'

/** Lost as soon as it breaks, or when it is silent. `sinceMs`: monotonic, of the newest event; null before the first. */
export function streamStatus(
  { broken, lastEventMs, openedMs }: { broken: boolean; lastEventMs: number | null; openedMs: number },
  nowMs: number,
): StreamStatus {
  if (broken || nowMs - (lastEventMs ?? openedMs) > SILENT_MS) return 'lost'
  return lastEventMs === null ? 'connecting' : 'open'
}

/** Newest first, each once, at most RECENT_MAX. `fresh` is newest first as well. */
export function mergeRecent(shown: readonly AuditItem[], fresh: readonly AuditItem[]): AuditItem[] {
  const seen = new Set<string>()
  return [...fresh, ...shown]
    .filter(({ id }) => !seen.has(id) && seen.add(id))
    .sort((a, b) => b.ts - a.ts)
    .slice(0, RECENT_MAX)
}

/** Entries of one action whose time is within the minute before now. */
export function perMinute(items: readonly AuditItem[], action: string, nowMs: number): number {
  return items.filter((item) => item.action === action && item.ts > nowMs - 60_000 && item.ts <= nowMs).length
}
