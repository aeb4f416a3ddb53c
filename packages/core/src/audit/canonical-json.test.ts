import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

describe('canonicalJson', () => {
  it('sorts keys and writes numbers as RFC 8785 has them', () => {
    expect(canonicalJson({ b: [1e21, 0.000001, 1 / 3], a: { z: null, '€': true } })).toBe(
      '{"a":{"z":null,"€":true},"b":[1e+21,0.000001,0.3333333333333333]}',
    )
  })
  it('refuses what JSON cannot hold', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, { a: Number.NaN }, undefined]) {
      expect(() => canonicalJson(value)).toThrow(/not allowed|no JSON/)
    }
  })
})
