/** How long to be quiet after a 429 or 418 that does not say: Binance counts by the minute. */
const RATE_LIMIT_PAUSE_MS = 60_000
/** Longer than this a timer of Node cannot wait: it would fire at once. */
const PAUSE_MS_MAX = 2 ** 31 - 1

/** By name: the classes are in a part of ccxt that is loaded late, or twice. */
export function isRateLimit(error: unknown): boolean {
  return error instanceof Error && (error.name === 'DDoSProtection' || error.name === 'RateLimitExceeded')
}

/** What Retry-After of the last answer says, ms: seconds or a date. */
export function retryAfterMs(headers: Record<string, string> | undefined, nowMs: number): number {
  const text = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'retry-after')?.[1] ?? ''
  if (/^\d+$/.test(text)) return Math.min(PAUSE_MS_MAX, Number(text) * 1000)
  const untilMs = Date.parse(text)
  return Number.isNaN(untilMs) ? RATE_LIMIT_PAUSE_MS : Math.min(PAUSE_MS_MAX, Math.max(0, untilMs - nowMs))
}
