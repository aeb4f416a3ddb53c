import { describe, expect, it } from 'vitest'
import { GOLDEN } from './golden-file.ts'
import { checkGolden, goldenRows } from './golden.ts'

const flip = (text: string) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')

describe('the golden file', () => {
  it('is what this build computes, bit for bit', () => {
    expect(checkGolden(GOLDEN)).toBeNull()
  })
  it('covers 1,000 rows: with and without ATR, flat candles, tiny and huge prices, all parts that are not just at their ends', () => {
    const rows = goldenRows()
    expect(rows).toHaveLength(1000)
    expect(rows.filter((row) => row.atr_14 === null).length).toBeGreaterThan(50)
    expect(rows.filter((row) => row.atr_14 === 0).length).toBeGreaterThan(50)
    expect(rows.filter((row) => row.h === row.l).length).toBeGreaterThan(50)
    expect(rows.filter((row) => row.c < 1e-100 || row.c > 1e100).length).toBeGreaterThan(20)
    expect(rows.every((row) => row.l > 0 && row.l <= row.c && row.c <= row.h && Number.isFinite(row.h))).toBe(true)
    expect(new Set(GOLDEN.rows).size).toBe(1000)
  })
  it('a single other bit is found, with its place', () => {
    const rows = GOLDEN.rows.with(617, flip(GOLDEN.rows[617] ?? ''))
    expect(checkGolden({ ...GOLDEN, rows })).toMatchObject({ at: 617, expected: rows[617], actual: GOLDEN.rows[617] })
    expect(checkGolden({ ...GOLDEN, indicators: flip(GOLDEN.indicators) })).toMatchObject({ at: 'indicators' })
    expect(checkGolden({ ...GOLDEN, rows: GOLDEN.rows.slice(1) })).toMatchObject({ at: 'length' })
    expect(checkGolden({ ...GOLDEN, model: 'ml-fusion-1.3' })).toMatchObject({ at: 'model' })
  })
})
