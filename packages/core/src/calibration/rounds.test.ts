import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseRounds, type RoundCandidate } from './rounds.ts'

const at = (
  baseAsset: string,
  decidedMs: number,
  endedMs: number | null,
  tf: RoundCandidate['tf'] = '1h',
  quote = 'USDT',
): RoundCandidate => ({
  symbol: baseAsset + quote,
  baseAsset,
  tf,
  decidedMs,
  endedMs,
})

/** Some streams over some times, each label lasting a while; some have not ended. */
const candidates = fc
  .uniqueArray(
    fc.record({
      baseAsset: fc.constantFrom('BTC', 'ETH', 'SOL'),
      quote: fc.constantFrom('USDT', 'EUR'),
      tf: fc.constantFrom<RoundCandidate['tf']>('1m', '1h'),
      decidedMs: fc.integer({ min: 0, max: 60 }),
      lasts: fc.integer({ min: 1, max: 12 }),
    }),
    { maxLength: 120, selector: ({ baseAsset, quote, tf, decidedMs }) => `${baseAsset}${quote}${tf}${decidedMs}` },
  )
  .map((all) => all.map(({ baseAsset, quote, tf, decidedMs, lasts }) => at(baseAsset, decidedMs, decidedMs + lasts, tf, quote)))

describe('rounds', () => {
  it('begin with the first decision after the end of the one before', () => {
    const labels = [at('BTC', 1, 5), at('BTC', 2, 3), at('BTC', 4, 6), at('BTC', 5, 9), at('BTC', 10, 11)]
    expect(chooseRounds(labels).map(({ decidedMs, endedMs }) => [decidedMs, endedMs])).toEqual([
      [1, 5],
      [5, 9],
      [10, 11],
    ])
  })
  it('hold one label a base asset, of the shortest timeframe, and end with the last of them', () => {
    const labels = [
      at('BTC', 1, 3, '4h'),
      at('BTC', 1, 9, '1h'),
      at('BTC', 1, 9, '1h', 'EUR'),
      at('ETH', 1, 4),
      at('ETH', 5, 6),
      at('BTC', 9, 10),
    ]
    const rounds = chooseRounds(labels)
    expect(rounds[0]?.members).toEqual([labels[2], labels[3]])
    expect(rounds.map(({ decidedMs, endedMs }) => [decidedMs, endedMs])).toEqual([
      [1, 9],
      [9, 10],
    ])
  })
  it('stop before a label that has not ended; one that is not chosen holds up nothing', () => {
    expect(chooseRounds([at('BTC', 1, 2), at('BTC', 3, null), at('BTC', 3, 9, '4h'), at('BTC', 10, 11)])).toHaveLength(1)
    expect(chooseRounds([at('BTC', 1, 4), at('BTC', 2, null), at('BTC', 4, 5)])).toHaveLength(2)
    expect(chooseRounds([])).toEqual([])
  })
  it('do not overlap, hold each base asset once, and leave out only what would overlap', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const rounds = chooseRounds(all)
        for (const [index, round] of rounds.entries()) {
          expect(round.decidedMs).toBeGreaterThanOrEqual(rounds[index - 1]?.endedMs ?? 0)
          expect(new Set(round.members.map(({ baseAsset }) => baseAsset)).size).toBe(round.members.length)
          expect(round.endedMs).toBe(Math.max(...round.members.map(({ endedMs }) => endedMs ?? Number.NaN)))
        }
        for (const one of all) {
          const covering = rounds.some(
            ({ decidedMs, endedMs, members }) =>
              (decidedMs < one.decidedMs && one.decidedMs < endedMs) ||
              (decidedMs === one.decidedMs && members.some(({ baseAsset }) => baseAsset === one.baseAsset)),
          )
          expect(covering).toBe(true)
        }
      }),
    )
  })
  it('are the same from any order, and when those known are not looked at again as labels end', () => {
    fc.assert(
      fc.property(candidates, fc.nat(70), (all, nowMs) => {
        const whole = chooseRounds(all)
        expect(chooseRounds(all.toReversed())).toEqual(whole)
        const soFar = all
          .filter(({ decidedMs }) => decidedMs <= nowMs)
          .map((one) => ({ ...one, endedMs: (one.endedMs ?? 0) <= nowMs ? one.endedMs : null }))
        const early = chooseRounds(soFar)
        const late = chooseRounds(all, early.at(-1)?.endedMs)
        expect([...early, ...late]).toEqual(whole)
      }),
    )
  })
})
