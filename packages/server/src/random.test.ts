import { expect, it } from 'vitest'
import { systemRandomness, traceIdAt } from './random.ts'

it('trace ids are 32 hex digits, differ, and sort by their second', () => {
  const ids = Array.from({ length: 1000 }, () => systemRandomness.traceId())
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  const hex = 'f'.repeat(24)
  expect(traceIdAt(1_700_000_000_000, hex) < traceIdAt(1_700_000_001_000, hex)).toBe(true)
  expect(traceIdAt(0, hex)).toHaveLength(32)
  // In 2106 the seconds need a ninth digit; the id stays 32 digits long.
  expect(traceIdAt(5_000_000_000_000, hex)).toHaveLength(32)
})

it('the unit is uniform in [0, 1)', () => {
  const draws = Array.from({ length: 2000 }, () => systemRandomness.unit())
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true)
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
})
