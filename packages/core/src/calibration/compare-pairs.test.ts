import { describe, expect, it } from 'vitest'
import { createRandom, randomUniform } from '../stats/random.ts'
import { comparePairs, type LabelledPair } from './compare-pairs.ts'
import { labelThat } from './label-fixture.ts'
import { DEFAULT_BARRIERS } from './labels.ts'

const HOUR = 3_600_000

/** A decision an hour that takes two, of which each model is right so often. */
function pairs(count: number, firstHits: number, secondHits: number): LabelledPair[] {
  const random = createRandom(9)
  return Array.from({ length: count }, (_, at) => ({
    symbol: 'BTCUSDT',
    tf: '1h' as const,
    baseAsset: 'BTC',
    decidedMs: at * HOUR,
    endedMs: (at + 2) * HOUR,
    first: labelThat(randomUniform(random) < firstHits),
    second: labelThat(randomUniform(random) < secondHits),
  }))
}
const compare = (...given: Parameters<typeof pairs>) => comparePairs(pairs(...given), DEFAULT_BARRIERS)

describe('two models on the labels that both have', () => {
  it('are told apart when one earns more beyond chance, whichever is named first', () => {
    expect(compare(800, 0.7, 0.4)).toMatchObject({ better: 'first', labels: 400, rounds: 400, fromMs: 0, toMs: 800 * HOUR })
    expect(compare(800, 0.4, 0.7)).toMatchObject({ better: 'second' })
  })

  it('are not told apart when they decide the same, and nothing says when they will be', () => {
    const same = pairs(800, 0.6, 0).map((pair) => ({ ...pair, second: pair.first }))
    expect(comparePairs(same, DEFAULT_BARRIERS)).toMatchObject({
      better: null,
      labelsToTell: null,
      first: { difference: { mean: 0 } },
    })
  })

  it('say about how many labels are missing while there is something to be seen', () => {
    const few = compare(40, 0.7, 0.4)
    expect(few?.better).toBeNull()
    expect(few?.labelsToTell).toBeGreaterThan(few?.labels ?? 0)
  })

  it('have opposite differences, and no figure without labels', () => {
    const found = compare(200, 0.6, 0.5)
    expect(found?.first.difference?.mean).toBeCloseTo(-(found?.second.difference?.mean ?? 0), 12)
    expect(comparePairs([], DEFAULT_BARRIERS)).toBeNull()
  })
})
