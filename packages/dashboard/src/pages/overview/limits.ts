/** What is used of a limit, as a share of it; null where there is no limit, or it is judged at each order alone. */
export function usedShare({ limit, used }: { limit: string | null; used: string | null }): number | null {
  if (limit === null || used === null) return null
  const [of, now] = [Number(limit), Number(used)]
  return Number.isFinite(of) && Number.isFinite(now) && of > 0 ? now / of : null
}

/** Beyond them strategies are paused: who nears one should know. */
const PAUSING: ReadonlySet<string> = new Set(['maxDailyLoss', 'maxDrawdownPercent'])
const PAUSES_SOON = 0.8
/** Beyond the others single orders are refused, and nothing is lost. A strategy that uses its whole capital is as it should be; a fill at a
    worse price than was reserved takes a little more. */
const BEYOND = 1.05

/** How much a share of a limit matters. */
export function limitState(name: string, share: number): 'ok' | 'warning' | 'critical' {
  if (!PAUSING.has(name)) return share > BEYOND ? 'warning' : 'ok'
  return share >= 1 ? 'critical' : share >= PAUSES_SOON ? 'warning' : 'ok'
}
