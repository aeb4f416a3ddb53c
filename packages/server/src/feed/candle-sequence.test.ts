import type { Candle } from '@spark/core/market/candle'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CandleSequence } from './candle-sequence.ts'

const LENGTH = 60_000
const at = (index: number, v = 1): Candle => ({ ts: index * LENGTH, o: 1, h: 1, l: 1, c: 1, v })

/** What happens to one stream: an update of candle `index`, a loss, or a fetch that answers with all the exchange has. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('update' as const), step: fc.constantFrom(0, 0, 0, 1, 1, 2, -1) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'doubt' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'fetch' as const }) },
)

describe('the order of a stream', () => {
  it('closes each candle once, in order, with its final values, whatever is lost', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }),
        (events, lost) => {
          const sequence = new CandleSequence(LENGTH, 0)
          const closed: Candle[] = []
          let index = 0
          const fetch = (): void => {
            // Final candles have volume 9.
            const known = [...Array.from({ length: index }, (_, one) => at(one, 9)), at(index, 5)].filter(
              (candle) => candle.ts >= sequence.expectedTs,
            )
            closed.push(...sequence.fetched(known, index * LENGTH).closed)
          }
          const receive = (candle: Candle): void => {
            const step = sequence.update(candle)
            if (step.kind === 'closed') closed.push(step.closed)
            else if (step.kind === 'fetch') fetch()
          }
          events.forEach((one, number) => {
            if (one.kind === 'doubt') sequence.doubt()
            else if (one.kind === 'fetch') fetch()
            else if (one.step < 0) receive(at(Math.max(0, index - 1), 9))
            else {
              for (let passed = 0; passed < one.step; passed++) {
                // The exchange's last word on a candle, which may be lost; the feed then knows that it may have been.
                if (lost[number]) sequence.doubt()
                else receive(at(index, 9))
                index++
              }
              receive(at(index, 5))
            }
          })
          expect(closed.map((candle) => candle.ts)).toEqual(closed.map((_, one) => one * LENGTH))
          expect(closed.every((candle) => candle.v === 9)).toBe(true)
          expect(closed.length).toBe(sequence.expectedTs / LENGTH)
        },
      ),
    )
  })

  it('passes over candles that the exchange does not have', () => {
    const sequence = new CandleSequence(LENGTH, 0)
    expect(sequence.update(at(3)).kind).toBe('fetch')
    expect(sequence.fetched([at(2), at(3)], 3 * LENGTH)).toEqual({ closed: [at(2)], forming: at(3) })
    expect(sequence.expectedTs).toBe(3 * LENGTH)
  })

  it('waits at a candle that no fetch explains, until told to go on', () => {
    const sequence = new CandleSequence(LENGTH, 0)
    sequence.update(at(2))
    expect(sequence.fetched([], 2 * LENGTH)).toEqual({ closed: [], forming: null })
    expect([sequence.expectedTs, sequence.seenTs]).toEqual([0, 2 * LENGTH])
    expect(sequence.skipToAhead()).toEqual(at(2))
    expect(sequence.expectedTs).toBe(2 * LENGTH)
  })

  it('tells a late word on a fetched candle from one out of order', () => {
    const sequence = new CandleSequence(LENGTH, 0)
    sequence.fetched([at(0)], LENGTH)
    expect(sequence.update(at(0))).toEqual({ kind: 'late', expected: true })
    sequence.update(at(1))
    sequence.update(at(2))
    expect(sequence.update(at(1))).toEqual({ kind: 'late', expected: false })
  })
})
