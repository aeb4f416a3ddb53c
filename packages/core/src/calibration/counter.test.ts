import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterMeans, counterOf, createCounter, mergeCounters, type CountedLabel } from './counter.ts'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const label: fc.Arbitrary<CountedLabel> = fc.record({
  confid: share,
  hit: fc.boolean(),
  ambiguous: fc.boolean(),
  candlesHeld: fc.integer({ min: 1, max: 12 }),
  netReturn: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
  profitDistance: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
  stopDistance: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
  costRate: fc.double({ min: 0, max: 0.01, noNaN: true }),
})
const count = (labels: readonly CountedLabel[]) => labels.map(counterOf).reduce(mergeCounters, createCounter())

describe('counters', () => {
  it('merge to the same bits in any order and grouping, through JSON', () => {
    fc.assert(
      fc.property(fc.array(label), fc.array(label), (a, b) => {
        const all = count([...a, ...b])
        expect(mergeCounters(count(b), count(a))).toEqual(all)
        expect(count([...a, ...b].toReversed())).toEqual(all)
        expect(JSON.parse(JSON.stringify(all))).toEqual(all)
      }),
    )
  })
  it('have the means of their labels, to a billionth', () => {
    fc.assert(
      fc.property(fc.array(label, { minLength: 1 }), (labels) => {
        const means = counterMeans(count(labels))
        const mean = (of: (one: CountedLabel) => number) => labels.reduce((sum, one) => sum + of(one), 0) / labels.length
        const expected = {
          hitRate: mean(({ hit }) => (hit ? 1 : 0)),
          confid: mean(({ confid }) => confid),
          brier: mean(({ confid, hit }) => (confid - (hit ? 1 : 0)) ** 2),
          breakEven: mean(
            ({ stopDistance, profitDistance, costRate }) => (stopDistance + costRate) / (profitDistance + stopDistance),
          ),
          netReturn: mean(({ netReturn }) => netReturn),
          candlesHeld: mean(({ candlesHeld }) => candlesHeld),
        }
        for (const [name, value] of Object.entries(expected))
          expect(Math.abs((means?.[name as keyof typeof expected] ?? Number.NaN) - value)).toBeLessThan(1e-9)
      }),
    )
  })
  it('have no mean without labels, and a finite log-loss for a confidence of 1 that was wrong', () => {
    expect(counterMeans(createCounter())).toBeNull()
    const wrong = { ...fc.sample(label, { numRuns: 1, seed: 1 })[0], confid: 1, hit: false } as CountedLabel
    expect(counterMeans(counterOf(wrong))?.logLoss).toBeCloseTo(-Math.log(1e-15), 1)
  })
})
