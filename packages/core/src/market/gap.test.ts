import { describe, expect, it } from 'vitest'
import { gapBetween } from './gap.ts'

const HOUR_MS = 3_600_000

describe('gapBetween', () => {
  it('is null for neighbours', () => {
    expect(gapBetween(0, HOUR_MS, '1h')).toBeNull()
  })
  it('counts what is missing and says where it starts', () => {
    expect(gapBetween(HOUR_MS, 3 * HOUR_MS, '1h')).toEqual({ firstMissingTs: 2 * HOUR_MS, missing: 1 })
    // The outage of 2018-02-08 in Binance's BTCUSDT 1h: 33 candles.
    const before = Date.UTC(2018, 1, 8, 0)
    expect(gapBetween(before, before + 34 * HOUR_MS, '1h')).toEqual({ firstMissingTs: before + HOUR_MS, missing: 33 })
  })
  it('is null when the second candle is not the later one', () => {
    expect(gapBetween(HOUR_MS, HOUR_MS, '1h')).toBeNull()
    expect(gapBetween(5 * HOUR_MS, HOUR_MS, '1h')).toBeNull()
  })
})
