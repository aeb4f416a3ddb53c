import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeSliceBodies, type SliceBody, sliceOpenMs } from './metric-slice.ts'

const count = fc.nat(1_000_000)
const bodies: fc.Arbitrary<SliceBody[]> = fc.oneof(
  fc.array(
    fc.record({ kind: fc.constant('counters' as const), values: fc.dictionary(fc.constantFrom('ok', 'err', 'late'), count) }),
    { minLength: 1 },
  ),
  fc.array(
    fc.record({
      kind: fc.constant('histogram' as const),
      counts: fc.array(count, { minLength: 4, maxLength: 4 }),
      max: fc.option(fc.nat()),
    }),
    {
      minLength: 1,
    },
  ),
  fc.array(fc.record({ kind: fc.constant('gauge' as const), last: fc.integer(), max: fc.integer(), at: fc.nat(5) }), {
    minLength: 1,
  }),
)

const merged = (parts: readonly SliceBody[]) => parts.reduce((a, b) => mergeSliceBodies(a, b))

describe('merging slices', () => {
  it('gives the same in any order', () => {
    fc.assert(
      fc.property(bodies, fc.infiniteStream(fc.nat()), (parts, ranks) => {
        const shuffled = parts
          .map((part) => ({ part, rank: ranks.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ part }) => part)
        expect(merged(shuffled)).toEqual(merged(parts))
      }),
    )
  })

  it('adds counts, and of a gauge keeps the latest value and the largest maximum', () => {
    expect(
      merged([
        { kind: 'counters', values: { ok: 2 } },
        { kind: 'counters', values: { ok: 3, err: 1 } },
      ]),
    ).toEqual({ kind: 'counters', values: { ok: 5, err: 1 } })
    expect(
      merged([
        { kind: 'gauge', last: 1, max: 9, at: 20 },
        { kind: 'gauge', last: 2, max: 3, at: 10 },
      ]),
    ).toEqual({ kind: 'gauge', last: 1, max: 9, at: 20 })
  })

  it('refuses what is not the same metric', () => {
    const histogram: SliceBody = { kind: 'histogram', counts: [1, 2], max: 9 }
    expect(() => mergeSliceBodies(histogram, { kind: 'histogram', counts: [1], max: null })).toThrow(TypeError)
    expect(() => mergeSliceBodies(histogram, { kind: 'counters', values: {} })).toThrow(TypeError)
  })

  it('opens a slice on a multiple of its length', () => {
    expect(sliceOpenMs(1_700_000_012_345, 300)).toBe(1_699_999_800_000)
  })
})
