import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testEvents, trainingEvents, walkForwardSplits } from './walk-forward.ts'

const anyPeriod = fc
  .record({
    fromTs: fc.nat(1e6),
    length: fc.integer({ min: 1000, max: 1e6 }),
    folds: fc.integer({ min: 1, max: 9 }),
    share: fc.double({ min: 0, max: 0.9, noNaN: true }),
  })
  .map(({ fromTs, length, folds, share }) => ({
    fromTs,
    toTs: fromTs + length,
    folds,
    embargoMs: Math.floor((share * length) / (folds + 1)),
  }))
const anyEvents = (fromTs: number, toTs: number) =>
  fc.array(
    fc
      .record({ ts: fc.integer({ min: fromTs, max: toTs - 1 }), held: fc.nat(500) })
      .map(({ ts, held }) => ({ ts, exitTs: ts + held })),
    { maxLength: 100 },
  )

describe('walk-forward splits', () => {
  it('test every stretch but the first once, each behind its training', () => {
    expect(walkForwardSplits({ fromTs: 0, toTs: 400, folds: 3, embargoMs: 10 })).toEqual([
      { trainFromTs: 0, trainToTs: 90, testFromTs: 100, testToTs: 200 },
      { trainFromTs: 0, trainToTs: 190, testFromTs: 200, testToTs: 300 },
      { trainFromTs: 0, trainToTs: 290, testFromTs: 300, testToTs: 400 },
    ])
  })

  it('train on nothing that was not over before the embargo, and so on nothing that overlaps a test', () => {
    const withEvents = anyPeriod.chain((period) => anyEvents(period.fromTs, period.toTs).map((events) => ({ period, events })))
    fc.assert(
      fc.property(withEvents, ({ period, events }) => {
        const tested = walkForwardSplits(period).flatMap((split) => {
          const test = testEvents(events, split)
          for (const event of trainingEvents(events, split)) {
            expect(event.exitTs).toBeLessThanOrEqual(split.testFromTs - period.embargoMs)
            expect(test).not.toContain(event)
          }
          return test
        })
        const [first] = walkForwardSplits(period)
        expect(new Set(tested)).toEqual(new Set(events.filter(({ ts }) => ts >= (first?.testFromTs ?? 0))))
        expect(tested).toHaveLength(new Set(tested).size)
      }),
    )
  })

  it('are refused when a stretch is not longer than the embargo, or there is no fold', () => {
    expect(() => walkForwardSplits({ fromTs: 0, toTs: 40, folds: 3, embargoMs: 10 })).toThrow(RangeError)
    expect(() => walkForwardSplits({ fromTs: 0, toTs: 40, folds: 0, embargoMs: 0 })).toThrow(RangeError)
    expect(() => walkForwardSplits({ fromTs: 40, toTs: 0, folds: 1, embargoMs: 0 })).toThrow(RangeError)
  })
})
