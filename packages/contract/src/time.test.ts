import { describe, expect, it } from 'vitest'
import { parseTime } from './time.ts'

describe('parseTime', () => {
  const noon = Date.UTC(2026, 0, 31, 12)
  it.each([
    [noon, noon],
    [String(noon), noon],
    ['20260131', Date.UTC(2026, 0, 31)],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T12:00:00Z', noon],
    ['2026-01-31T12:00', noon],
    ['2026-01-31T15:00:00.000+03:00', noon],
  ])('reads %s', (value, ms) => {
    expect(parseTime(value)).toBe(ms)
  })

  it.each([
    '',
    'yesterday',
    '2026',
    '1769860800',
    '20260231',
    '2026-02-31',
    '2026-13-01',
    '2026-01-31T25:00',
    '99999999999999999',
    Number.NaN,
    1.5,
    Number.POSITIVE_INFINITY,
  ])('refuses %s', (value) => {
    expect(parseTime(value)).toBeNull()
  })
})
