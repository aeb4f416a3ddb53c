const ISO = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** The day of a time in UTC: `2026-01-31`. */
export function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** What a person may write as a time, for messages. */
export const TIME_FORMS = 'ms since 1970, or a UTC time like 20260131, 2026-01-31 or 2026-01-31T12:00:00Z'

/**
 * A time as a person or a program gives it, in ms since 1970: a number, text of 11 to 16 digits (ms), YYYYMMDD, or ISO 8601.
 * Without a zone it is UTC. Null for anything else, also for 31 February.
 */
export function parseTime(value: number | string): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  if (/^\d{11,16}$/.test(value)) return Number.isSafeInteger(Number(value)) ? Number(value) : null
  const text = /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : value
  const [, day, time, , , zone] = ISO.exec(text) ?? []
  if (day === undefined) return null
  const ms = Date.parse(time !== undefined && zone === undefined ? `${text}Z` : text)
  const dayMs = Date.parse(day)
  // Date.parse turns 31 February into 3 March.
  return Number.isNaN(ms) || Number.isNaN(dayMs) || !new Date(dayMs).toISOString().startsWith(day) ? null : ms
}
