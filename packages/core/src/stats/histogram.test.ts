import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONFIDENCE_EDGES,
  countAbove,
  createHistogram,
  LATENCY_MS_EDGES,
  mergeHistograms,
  quantile,
  recordValue,
  restoreHistogram,
  shareAbove,
  totalCount,
  type Histogram,
} from './histogram.ts'

function histogramOf(values: readonly number[], edges: readonly number[] = LATENCY_MS_EDGES): Histogram {
  const histogram = createHistogram(edges)
  for (const value of values) recordValue(histogram, value)
  return histogram
}

const latencies = fc.array(fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constantFrom(...LATENCY_MS_EDGES)), {
  minLength: 1,
  maxLength: 300,
})
const quantiles = fc.constantFrom(0, 0.01, 0.05, 0.07, 0.5, 0.9, 0.95, 0.99, 1)

describe('edges', () => {
  it('hold every threshold exactly', () => {
    for (const edge of [1000, 1500, 4500, 5000]) expect(LATENCY_MS_EDGES).toContain(edge)
    for (const edge of [0.45, 0.5, 0.55, 0.65, 1]) expect(CONFIDENCE_EDGES).toContain(edge)
  })
  it('must be finite and strictly rising', () => {
    for (const edges of [[], [1, 1], [2, 1], [Number.NaN], [1, Number.POSITIVE_INFINITY]]) {
      expect(() => createHistogram(edges)).toThrow(RangeError)
    }
  })
})

describe('a value equal to a threshold', () => {
  it('is not beyond it', () => {
    const histogram = histogramOf([1500, 1500, 1500])
    expect(countAbove(histogram, 1500)).toBe(0)
    expect(quantile(histogram, 0.95)).toBe(1500)
    expect(countAbove(histogramOf([1500.0000000000002]), 1500)).toBe(1)
  })
  it('is not below it either: a median confidence of exactly 0.45 is not < 0.45, the next smaller number is', () => {
    expect(quantile(histogramOf([0.45, 0.45, 0.45], CONFIDENCE_EDGES), 0.5)).toBe(0.45)
    expect(quantile(histogramOf([0.44999999999999996], CONFIDENCE_EDGES), 0.5)).toBe(0.44999999999999996)
    expect(quantile(histogramOf([0.55, 0.6, 0.55], CONFIDENCE_EDGES), 0.5)).toBe(0.55)
  })
})

describe('quantile', () => {
  it('is beyond an edge exactly when the value of its rank is, for every edge', () => {
    fc.assert(
      fc.property(latencies, quantiles, (values, q) => {
        const sorted = [...values].sort((a, b) => a - b)
        // The rank by whole numbers: q has at most two decimals.
        const rank = Math.max(1, Math.ceil((Math.round(q * 100) * values.length) / 100))
        const exact = sorted[rank - 1] as number
        const answer = quantile(histogramOf(values), q) as number
        for (const edge of LATENCY_MS_EDGES) {
          expect(answer > edge).toBe(exact > edge)
          expect(answer > edge).toBe(countAbove(histogramOf(values), edge) > values.length - rank)
        }
      }),
    )
  })
  it('is exact for confidence thresholds from both sides', () => {
    const confidences = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.45, 0.55, 0.44999999999999996))
    fc.assert(
      fc.property(fc.array(confidences, { minLength: 1, maxLength: 50 }), (values) => {
        const exact = [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1] as number
        const answer = quantile(histogramOf(values, CONFIDENCE_EDGES), 0.5) as number
        for (const threshold of [0.45, 0.55]) {
          expect(answer < threshold).toBe(exact < threshold)
          expect(answer > threshold).toBe(exact > threshold)
        }
      }),
    )
  })
  it('interpolates inside the bucket, up to the largest value recorded', () => {
    expect(quantile(histogramOf([110, 120, 130, 150]), 0.5)).toBe(125)
    expect(quantile(histogramOf([110, 120]), 1)).toBe(120)
    expect(quantile(histogramOf([90_000]), 0.95)).toBe(90_000)
    expect(quantile(histogramOf([0, 0]), 0.5)).toBe(0)
  })
  it('rises with q and is null when empty', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const answers = [0, 0.25, 0.5, 0.75, 0.95, 1].map((q) => quantile(histogramOf(values), q) as number)
        expect(answers).toEqual([...answers].sort((a, b) => a - b))
        expect(answers.at(-1)).toBe(Math.max(...values))
      }),
    )
    expect(quantile(createHistogram([1]), 0.5)).toBeNull()
    expect(() => quantile(createHistogram([1]), 1.5)).toThrow(RangeError)
  })
})

describe('merging', () => {
  it('gives the histogram of all values, in any order and grouping', () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, (a, b, c) => {
        const [left, middle, right] = [histogramOf(a), histogramOf(b), histogramOf(c)] as const
        const all = histogramOf([...a, ...b, ...c])
        expect(mergeHistograms(mergeHistograms(left, middle), right)).toEqual(all)
        expect(mergeHistograms(right, mergeHistograms(middle, left))).toEqual(all)
        expect(left).toEqual(histogramOf(a))
      }),
    )
  })
  it('with an empty one changes nothing; with other edges it throws', () => {
    const one = histogramOf([3])
    expect(mergeHistograms(one, createHistogram(LATENCY_MS_EDGES))).toEqual(one)
    expect(mergeHistograms(createHistogram(LATENCY_MS_EDGES), one)).toEqual(one)
    expect(() => mergeHistograms(one, createHistogram(CONFIDENCE_EDGES))).toThrow(RangeError)
  })
})

describe('counts', () => {
  it('refuse what is not a measurement or not a count', () => {
    const histogram = createHistogram([1])
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => recordValue(histogram, value)).toThrow(RangeError)
    }
    for (const times of [0, -1, 0.5, Number.NaN]) expect(() => recordValue(histogram, 1, times)).toThrow(RangeError)
    expect(totalCount(histogram)).toBe(0)
  })
  it('answer shares beyond an edge only', () => {
    const histogram = histogramOf([500, 1000, 1001, 2000])
    expect(shareAbove(histogram, 1000)).toBe(0.5)
    expect(shareAbove(createHistogram([1]), 1)).toBeNull()
    expect(() => shareAbove(histogram, 999)).toThrow(RangeError)
  })
})

describe('JSON', () => {
  it('comes back the same', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const histogram = histogramOf(values)
        expect(restoreHistogram(JSON.parse(JSON.stringify(histogram)))).toEqual(histogram)
      }),
    )
    expect(restoreHistogram({ edges: [1], counts: [0, 0], max: null })).toEqual(createHistogram([1]))
  })
  it('that is corrupt is refused', () => {
    for (const broken of [
      null,
      {},
      { edges: [1], counts: [1], max: 1 },
      { edges: [1], counts: [1, 0], max: null },
      { edges: [1], counts: [1, 0], max: 2 },
      { edges: [1], counts: [0.5, 0], max: 1 },
      { edges: [1], counts: [-1, 2], max: 2 },
      { edges: [2, 1], counts: [0, 0, 1], max: 3 },
    ]) {
      expect(() => restoreHistogram(broken)).toThrow(RangeError)
    }
  })
})
