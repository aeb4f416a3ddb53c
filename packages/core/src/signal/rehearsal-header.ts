/** Limits beyond which a rehearsed figure is a breach, as the red column of the objectives has them; equal is not beyond. */
const LIMITS = {
  /** p95 latency in ms. */
  p95: 1500,
  /** Error rate as a fraction of 1. */
  err: 0.02,
  /** Staleness in seconds. */
  stale: 60,
} as const

type Key = keyof typeof LIMITS

export type RehearsalHeader = { ok: true; breach: boolean } | { ok: false; problem: string }

const LENGTH_MAX = 200
const PLAIN_NUMBER = /^\d{1,12}(\.\d{1,12})?$/

/**
 * Reads `x-test-guardrails: p95=1600,err=0.03`: figures to rehearse a breach with on one call. It can only tighten: the
 * caller ORs `breach` with the real one. Malformed text is an error, not "no breach".
 */
export function parseRehearsalHeader(text: string): RehearsalHeader {
  if (text.length > LENGTH_MAX) return { ok: false, problem: `longer than ${LENGTH_MAX} characters` }
  const seen = new Set<Key>()
  let breach = false
  for (const field of text.split(',')) {
    const [key = '', value = '', ...rest] = field.split('=').map((side) => side.trim())
    if (!isKey(key)) return { ok: false, problem: 'each field is p95=…, err=… or stale=…' }
    if (seen.has(key)) return { ok: false, problem: `${key} stands twice` }
    if (rest.length > 0 || !PLAIN_NUMBER.test(value)) return { ok: false, problem: `${key} is not a plain number` }
    if (key === 'err' && Number(value) > 1) return { ok: false, problem: 'err is a fraction from 0 to 1' }
    seen.add(key)
    if (Number(value) > LIMITS[key]) breach = true
  }
  return { ok: true, breach }
}

function isKey(key: string): key is Key {
  return Object.hasOwn(LIMITS, key)
}
