import { describe, expect, it } from 'vitest'
import { checkRehearsal } from './check/check-rehearsal.ts'
import type { Rehearsal } from './rehearse.ts'
import { candidateWith, planWith, rehearseCandidate, type GeneratedMarket } from './verdict-gate-fixture.ts'

const MINUTE = 60_000
/** What moves goes on, and trading costs nothing: whoever follows the trend earns. */
const TRENDING: GeneratedMarket = { trendPersistence: 1, feeRate: 0 }
/** Nobody can know what comes, and each trade costs 1 %. */
const COSTLY: GeneratedMarket = { trendPersistence: 0, feeRate: 0.005 }
const FOLLOWS = candidateWith({ rsi: 0, macd: 0, trend: 1 })
/** Its labels are those of the market with the sign turned. */
const TURNED = candidateWith({ rsi: -1 / 3, macd: -1 / 3, trend: -1 / 3 })

const told = ({ timeline }: Rehearsal, kind: string) => timeline.filter((one) => one.kind === kind).map(({ text }) => text)
const endOf = (rehearsal: Rehearsal) => [rehearsal.phase, rehearsal.state.phaseReason, checkRehearsal(rehearsal)]

const tookMs = ({ state, startedMs }: Rehearsal) => (state.endedMs ?? 0) - startedMs

// 2 s of a processor each, which others may be using.
describe('the verdict gate in a rehearsal', { timeout: 120_000 }, () => {
  it('rolls a candidate back whose labels are worse than the baseline, and the champion stays', async () => {
    const rehearsal = await rehearseCandidate(TURNED, TRENDING)
    expect(endOf(rehearsal)).toEqual(['rolled_back', 'the model is worse than the baseline', []])
    expect(tookMs(rehearsal)).toBeLessThan(25 * MINUTE)
    expect(rehearsal.arrivals.some(({ arm }) => arm === 'ml')).toBe(true)
    expect(rehearsal.exposures.at(-1)).toMatchObject({ ids: [], mlOff: true })
    expect(rehearsal).toMatchObject({ model: TURNED.version, judged: { verdict: 'worse_than_baseline' } })
    expect(rehearsal.counts.get('model.champion')).toBeUndefined()
  })

  it('lets one with an edge go to done, also where the plan wants it proven, and it is champion', async () => {
    const rehearsal = await rehearseCandidate(FOLLOWS, TRENDING, { plan: planWith({ proven: true }) })
    expect(endOf(rehearsal)).toEqual(['done', null, []])
    expect(told(rehearsal, 'decision')).toContainEqual(
      expect.stringMatching(/100 % begins; before that for .* min: the model is unproven, the plan wants it proven/),
    )
    expect(rehearsal.counts.get('model.champion')).toBe(1)
  })

  it('warns of one that only loses after costs, and it goes on', async () => {
    const rehearsal = await rehearseCandidate(FOLLOWS, COSTLY)
    expect(endOf(rehearsal)).toEqual(['done', null, []])
    expect(told(rehearsal, 'alert')).toContainEqual(expect.stringMatching(/^yellow model_loses: candidate loses after costs/))
  })

  it('judges by labels alone: while they are late, it waits for them', async () => {
    const late = { kind: 'late_labels', atMs: 5 * MINUTE, forMs: 20 * MINUTE, strength: 1 } as const
    const rehearsal = await rehearseCandidate(TURNED, TRENDING, { faults: [late] })
    expect(endOf(rehearsal)).toEqual(['rolled_back', 'the model is worse than the baseline', []])
    expect(tookMs(rehearsal)).toBeGreaterThan(25 * MINUTE)
  })

  it('is the same byte for byte for the same seed', async () => {
    const [first, second] = [await rehearseCandidate(TURNED, TRENDING), await rehearseCandidate(TURNED, TRENDING)]
    expect(second.digest).toBe(first.digest)
    expect(second.timeline).toEqual(first.timeline)
  })
})
