/** What is used of a limit, as a share of it; null where there is no limit, or it is judged at each order alone. */
export function usedShare({ limit, used }: { limit: string | null; used: string | null }): number | null {
  if (limit === null || used === null) return null
  const [of, now] = [Number(limit), Number(used)]
  return Number.isFinite(of) && Number.isFinite(now) && of > 0 ? now / of : null
}
