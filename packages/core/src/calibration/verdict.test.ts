import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom, randomUniform, type RandomState } from '../stats/random.ts'
import { labelThat } from './label-fixture.ts'
import type { Label } from './labels.ts'
import {
  addRound,
  concludesAtMs,
  createEvidence,
  judgeModel,
  labelsToConclude,
  mergeEvidence,
  PROVEN_LABELS_MIN,
  verdictFigures,
  type Evidence,
  type LabelPair,
} from './verdict.ts'

const EVEN = { profitAtrs: 1, stopAtrs: 1 }

const [HIT, MISS] = [labelThat(true), labelThat(false)]
const toss = (random: RandomState, p: number) => (randomUniform(random) < p ? HIT : MISS)

/** The first of `most` looks, one after each round, that finds `stop`; infinity when none does. */
function firstLook(
  seed: number,
  most: number,
  draw: (random: RandomState) => LabelPair[],
  stop: (evidence: Evidence) => boolean,
): number {
  const random = createRandom(seed)
  const evidence = createEvidence(EVEN)
  for (let look = 1; look <= most; look += 1) {
    addRound(evidence, draw(random))
    if (stop(evidence)) return look
  }
  return Number.POSITIVE_INFINITY
}

function evidenceOf(rounds: readonly (readonly LabelPair[])[]): Evidence {
  const evidence = createEvidence(EVEN)
  for (const round of rounds) addRound(evidence, round)
  return evidence
}

const repeat = (count: number, pair: (index: number) => LabelPair) => Array.from({ length: count }, (_, index) => [pair(index)])

describe('looked at after every label', () => {
  it('a model without an edge, as good as its baseline, is judged wrongly in at most 5 % of 2,000 runs: not proven, not worse, not losing', () => {
    const found: Record<string, number> = {}
    for (let seed = 0; seed < 2000; seed += 1) {
      const draw = (random: RandomState) => [{ model: toss(random, 0.5), baseline: toss(random, 0.5) }]
      firstLook(seed, 400, draw, (evidence) => {
        const verdict = judgeModel(evidence)
        if (verdict !== 'unproven') found[verdict] = (found[verdict] ?? 0) + 1
        return verdict !== 'unproven'
      })
    }
    const wrong = Object.values(found).reduce((sum, count) => sum + count, 0)
    // It does err at times: the runs can tell a test that never speaks from one that is right.
    expect(wrong).toBeGreaterThan(0)
    expect(wrong, JSON.stringify(found)).toBeLessThanOrEqual(100)
  })
  it('assets that move together, in one round, do not make a fair coin look proven more often', () => {
    const wrong = Array.from({ length: 500 }, (_, seed) =>
      firstLook(
        seed,
        300,
        (random) => {
          const model = toss(random, 0.5)
          return Array.from({ length: 12 }, () => ({ model, baseline: null }))
        },
        (evidence) => judgeModel(evidence) !== 'unproven',
      ),
    ).filter((look) => Number.isFinite(look)).length
    expect(wrong).toBeLessThanOrEqual(25)
  })
  it('a clear edge (60 % at even barriers, no cost) is proven within a median of 400 labels', () => {
    const looks = Array.from({ length: 301 }, (_, seed) =>
      firstLook(
        seed,
        2000,
        (random) => [{ model: toss(random, 0.6), baseline: toss(random, 0.5) }],
        (evidence) => judgeModel(evidence) === 'proven',
      ),
    ).toSorted((a, b) => a - b)
    expect(looks[0]).toBeGreaterThanOrEqual(PROVEN_LABELS_MIN)
    expect(looks[150]).toBeLessThanOrEqual(400)
    expect(looks.at(-1)).toBeLessThan(2000)
  })
  it('a model that is right 40 % of the time beside a baseline that is right 60 % is soon worse', () => {
    const looks = Array.from({ length: 100 }, (_, seed) =>
      firstLook(
        seed,
        1000,
        (random) => [{ model: toss(random, 0.4), baseline: toss(random, 0.6) }],
        (evidence) => judgeModel(evidence) === 'worse_than_baseline',
      ),
    ).toSorted((a, b) => a - b)
    expect(looks[50]).toBeLessThan(150)
  })
})

describe('the verdict', () => {
  it('is unproven without labels, with no figure', () => {
    const empty = createEvidence(EVEN)
    expect(verdictFigures(empty)).toEqual({
      verdict: 'unproven',
      labels: 0,
      rounds: 0,
      netReturn: null,
      difference: null,
      hitRate: null,
    })
  })
  it('is not proven on 199 labels, however good, and proven on 200', () => {
    const rounds = repeat(200, (index) => ({ model: labelThat(index % 5 !== 0), baseline: null }))
    expect(judgeModel(evidenceOf(rounds.slice(0, 199)))).toBe('unproven')
    expect(judgeModel(evidenceOf(rounds))).toBe('proven')
  })
  it('is not proven while the baseline earned more on the same candles', () => {
    const rounds = repeat(300, (index) => ({
      model: labelThat(index % 4 !== 0),
      baseline: labelThat(index % 4 !== 0 || index % 100 === 0),
    }))
    expect(judgeModel(evidenceOf(rounds))).toBe('unproven')
  })
  it('of a model that is its baseline is never worse, whatever it loses', () => {
    const rounds = repeat(500, (index) => ({ model: labelThat(index % 4 === 0), baseline: labelThat(index % 4 === 0) }))
    expect(judgeModel(evidenceOf(rounds))).toBe('loses_after_costs')
  })
  it('loses after costs when hits pay less than they cost, although most hit', () => {
    const rounds = repeat(500, (index) => ({ model: labelThat(index % 5 < 3, 0.005), baseline: labelThat(index % 5 < 3, 0.005) }))
    const figures = verdictFigures(evidenceOf(rounds))
    expect(figures.verdict).toBe('loses_after_costs')
    expect(figures.hitRate?.mean).toBeCloseTo(0.6, 12)
    expect(figures.hitRate?.breakEven).toBeCloseTo(0.75, 12)
    expect(figures.hitRate?.high).toBeLessThan(0.75)
    expect(figures.netReturn?.high).toBeLessThan(0)
  })
  it('worse than baseline comes before losing after costs', () => {
    const rounds = repeat(500, (index) => ({ model: labelThat(index % 4 === 0), baseline: labelThat(index % 4 !== 0) }))
    expect(judgeModel(evidenceOf(rounds))).toBe('worse_than_baseline')
  })
  it('says of each end whether it is beyond 0 as the claims do', () => {
    const pairs = fc.array(fc.tuple(fc.boolean(), fc.option(fc.boolean())), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(pairs, fc.constantFrom(0, 0.002), (drawn, cost) => {
        const evidence = evidenceOf(
          drawn.map(([hit, other]) => [
            { model: labelThat(hit, cost), baseline: other === null ? null : labelThat(other, cost) },
          ]),
        )
        const { verdict, netReturn, difference } = verdictFigures(evidence)
        const worse = (difference?.high ?? 0) < 0
        const loses = (netReturn?.high ?? 0) < 0
        const proven = (netReturn?.low ?? 0) > 0 && drawn.length >= 200 && (difference?.mean ?? -1) >= 0
        expect(verdict).toBe(worse ? 'worse_than_baseline' : loses ? 'loses_after_costs' : proven ? 'proven' : 'unproven')
      }),
    )
  })
  it('counts a jump over the stop as the stop', () => {
    const jumped = { ...labelThat(false), netReturn: -0.2 }
    const beside = (model: Label) => evidenceOf([[{ model, baseline: MISS }]])
    expect(beside(jumped)).toEqual(beside(labelThat(false)))
    expect(evidenceOf([[{ model: jumped, baseline: null }]]).returns).toEqual(
      evidenceOf([[{ model: labelThat(false), baseline: null }]]).returns,
    )
  })
  it('counts a round once, by the mean of its labels', () => {
    const round = [HIT, HIT, HIT, MISS].map((model) => ({ model, baseline: MISS }))
    const evidence = evidenceOf([round, [{ model: MISS, baseline: HIT }]])
    expect(evidence).toMatchObject({ labels: 5, rounds: 2, hits: 0.75, breakEven: 1 })
    const { netReturn, difference, hitRate } = verdictFigures(evidence)
    expect([netReturn?.mean, difference?.mean, hitRate?.mean]).toEqual([(0.5 - 1) / 2, (1.5 - 2) / 2, 0.375])
  })
  it('is the same for evidence that was merged, through JSON', () => {
    const draws = fc.array(fc.boolean(), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(draws, draws, (a, b) => {
        const of = (hits: readonly boolean[]) =>
          evidenceOf(hits.map((hit) => [{ model: labelThat(hit), baseline: labelThat(!hit) }]))
        const merged = mergeEvidence(JSON.parse(JSON.stringify(of(a))) as Evidence, of(b))
        expect(merged).toEqual(of([...a, ...b]))
      }),
    )
  })
  it('takes no empty round', () => {
    expect(() => addRound(createEvidence(EVEN), [])).toThrow(RangeError)
  })
})

describe('cannot conclude before about', () => {
  it('200 labels while there is none, never fewer for proven', () => {
    expect(labelsToConclude(createEvidence(EVEN))).toBe(PROVEN_LABELS_MIN)
    expect(labelsToConclude(evidenceOf(repeat(20, () => ({ model: labelThat(true), baseline: null }))))).toBe(PROVEN_LABELS_MIN)
  })
  it('cannot be said when nothing grows', () => {
    const even = evidenceOf(repeat(100, (index) => ({ model: labelThat(index % 2 === 0), baseline: labelThat(index % 2 === 0) })))
    expect(labelsToConclude(even)).toBeNull()
    expect(concludesAtMs(even, 24, 0)).toBeNull()
  })
  it('is when the bets reach their goal if labels go on as they do', () => {
    const losing = (count: number) =>
      evidenceOf(repeat(count, (index) => ({ model: labelThat(index % 5 < 2), baseline: labelThat(index % 5 < 2) })))
    const needed = labelsToConclude(losing(100)) ?? 0
    const fives = Math.floor(needed / 5)
    expect(judgeModel(losing(5 * fives - 5))).toBe('unproven')
    expect(judgeModel(losing(5 * fives + 5))).toBe('loses_after_costs')
    expect(concludesAtMs(losing(100), 50, 1000)).toBe(1000 + Math.ceil(((needed - 100) / 50) * 86_400_000))
    expect(concludesAtMs(losing(100), 0, 1000)).toBeNull()
  })
})
