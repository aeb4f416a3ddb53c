const FIELDS = ['ts', 'symbol', 'tf', 'o', 'h', 'l', 'c', 'v', 'rsi_14', 'macd_hist', 'ema_20', 'ema_50', 'atr_14'] as const

/**
 * The feature row as it stands in the audit: the fields the score was made from, so that anyone can compute it again.
 * What JSON cannot hold, or what is not a number where one belongs, is kept as short text: evidence, bounded in size.
 */
export function auditedFeature(feature: unknown): Record<string, unknown> {
  if (typeof feature !== 'object' || feature === null) return {}
  const kept: Record<string, unknown> = {}
  for (const field of FIELDS) {
    if (!Object.hasOwn(feature, field)) continue
    const value = (feature as Record<string, unknown>)[field]
    kept[field] =
      typeof value === 'string'
        ? value.slice(0, 32)
        : typeof value === 'number' && !Number.isFinite(value)
          ? String(value)
          : plainOrType(value)
  }
  return kept
}

function plainOrType(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  return Array.isArray(value) ? '(array)' : `(${typeof value})`
}
