import { describe, expect, it } from 'vitest'
import { durationParts } from './duration.ts'

describe('a duration', () => {
  it.each([
    [0, '0 second'],
    [999, '1 second'],
    [61_000, '1 minute 1 second'],
    [3_600_000, '1 hour'],
    [3_661_000, '1 hour 1 minute'],
    [90_000_000, '1 day 1 hour'],
    [-5, '0 second'],
  ])('of %i ms is %s: two units at most', (ms, expected) => {
    expect(
      durationParts(ms)
        .map(({ value, unit }) => `${value} ${unit}`)
        .join(' '),
    ).toBe(expected)
  })
})
