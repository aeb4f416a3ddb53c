import { describe, expect, it } from 'vitest'
import { emptyGates } from '@spark/core/rollout/gate'
import type { Decision } from '@spark/core/rollout/outcome'
import { rolloutSentence } from '@spark/core/rollout/sentence'
import { standingOf } from '@spark/core/rollout/standing'
import type { GateName } from '@spark/core/rollout/plan'
import type { RolloutState } from '@spark/core/rollout/state'
import { createRolloutReplay } from '../rollout/replay-rollout.ts'
import { checkDecisions } from './check/check-decisions.ts'
import { checkRehearsal } from './check/check-rehearsal.ts'
import { drawFaults } from './draw-faults.ts'
import type { Fault, FaultKind } from './fault.ts'
import type { Rehearsal } from './rehearse.ts'
import { SCALED_PLAN, rehearseScaled } from './scaled-fixture.ts'

const MINUTE = 60_000
const decisions = ({ rows }: Rehearsal) => rows.map(({ context }) => context['decision'] as Decision | undefined)
const tookBack = (rehearsal: Rehearsal) =>
  decisions(rehearsal).filter((decision) => decision === 'rollback' || decision === 'preview_only' || decision === 'kill')
const fault = (kind: FaultKind, atMin: number, forMin = 0, strength = 1): Fault => ({
  kind,
  atMs: atMin * MINUTE,
  forMs: forMin * MINUTE,
  strength,
})

describe('a rehearsal', () => {
  it('without faults ends in done, with nothing taken back', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const rehearsal = await rehearseScaled(seed, [])
      expect([seed, rehearsal.phase, tookBack(rehearsal), checkRehearsal(rehearsal)]).toEqual([seed, 'done', [], []])
    }
  })

  it('is the same byte for byte for the same seed, and another for another', async () => {
    const digests = async (seed: number) => (await rehearseScaled(seed, drawFaults(seed, SCALED_PLAN, 3))).digest
    for (const seed of [1, 2, 3]) expect(await digests(seed)).toBe(await digests(seed))
    expect(await digests(4)).not.toBe(await digests(5))
  })

  it('in which the executor is killed after whatever write, again and again, ends as without: a restart costs good time only', async () => {
    // The market of every fourth seed has a weak moment: who comes later to the live share misses it, and is done sooner.
    for (const seed of [1, 2, 3, 5]) {
      const crashes = Array.from({ length: 4 }, (_, at) => fault('crash', 2 + 6 * at + (seed % 5), 0, (7 * seed + 11 * at) % 40))
      const rehearsal = await rehearseScaled(seed, crashes)
      expect([seed, rehearsal.phase, tookBack(rehearsal), checkRehearsal(rehearsal)]).toEqual([seed, 'done', [], []])
      expect(rehearsal.lastedMs).toBeGreaterThanOrEqual((await rehearseScaled(seed, [])).lastedMs)
    }
  })

  // A slice, its seal, two ticks; before it there is what it takes until the figure itself is critical.
  const SEEN_MS = 30_000 + 5000 + 2 * 5000
  it.each<[string, Fault, Decision, GateName, number]>([
    ['latency of 1.6 s while live', fault('latency', 8, 10, 1600), 'rollback', 'p95', 0],
    ['errors in 3 of 100 polls while all are exposed', fault('error_burst', 17, 12, 0.06), 'rollback', 'error_rate', 0],
    ['a silent feed', fault('feed_silence', 6, 12), 'rollback', 'staleness', 60_000],
    ['dead letters of orders', fault('poison_messages', 6, 12, 8), 'preview_only', 'dead_letters', 0],
    ['latency in preview', fault('latency', 1, 6, 1600), 'preview_only', 'p95', 0],
  ])('%s is acted on by itself, within its hold plus two ticks', async (_what, injected, decision, gate, untilCriticalMs) => {
    const rehearsal = await rehearseScaled(7, [injected])
    const tookMs = (rehearsal.rows.find(({ context }) => context['decision'] === decision)?.sinceMs ?? 0) - injected.atMs
    const { holdMs } = rehearsal.plan.gates[gate]
    // The slice in which it begins counts whole.
    expect(tookMs).toBeGreaterThanOrEqual(holdMs - 30_000)
    expect(tookMs).toBeLessThanOrEqual(untilCriticalMs + holdMs + SEEN_MS)
    expect(checkRehearsal(rehearsal)).toEqual([])
  })
})

it('a rollout that sees nothing because a limit paused everybody names the limit: reason, timeline, sentence', async () => {
  const rehearsal = await rehearseScaled(4, [], { maxDrawdownPercent: 0 })
  const { phase, state, plan, timeline, startedMs, lastedMs } = rehearsal
  const cause = 'nobody asks for scores, whoever would stands still: 1 paused by the drawdown limit'
  expect([phase, state.phaseReason]).toEqual(['preview_only', `blind for 120 s: ${cause}`])
  expect(timeline.map(({ text }) => text)).toContainEqual(expect.stringContaining(`preview only: blind for 120 s: ${cause}`))
  const facts = { parity: null, risk: null, verdict: 'unproven', floor: 0.55, topErrors: [], nobodyAsks: cause } as const
  const standing = standingOf(plan, state, facts, startedMs + lastedMs)
  expect(rolloutSentence(plan, state, standing)).toContain(`Preview only (blind for 120 s: ${cause})`)
  expect(checkRehearsal(rehearsal)).toEqual([])
})

describe('the checks see', () => {
  const doctored = async (change: (rehearsal: Rehearsal) => Rehearsal) => {
    const rehearsal = await rehearseScaled(7, [fault('latency', 20, 12, 1600)])
    expect([tookBack(rehearsal), checkRehearsal(rehearsal)]).toEqual([['rollback'], []])
    return checkRehearsal(change(rehearsal)).join('\n')
  }
  const without = (rehearsal: Rehearsal, decision: Decision) => ({
    ...rehearsal,
    rows: rehearsal.rows.map((row) =>
      row.context['decision'] === decision ? { ...row, context: { ...row.context, decision: 'soak', effects: [] } } : row,
    ),
  })

  it('a breach that nobody acts on', async () => {
    expect(await doctored((rehearsal) => without(rehearsal, 'rollback'))).toContain('and the decision is soak')
  })
  it('two minutes in which nobody decides, unless a fault keeps the controller away for as long', async () => {
    const silent = (forMin: number) => (rehearsal: Rehearsal) => ({
      ...rehearsal,
      rows: rehearsal.rows.filter(({ sinceMs }) => sinceMs < 5 * MINUTE || sinceMs > 7 * MINUTE),
      faults: forMin === 0 ? rehearsal.faults : [...rehearsal.faults, fault('controller_away', 5, forMin)],
    })
    expect(await doctored(silent(0))).toMatch(/nobody decided for 1[23]\d{4} ms, and at most 20000 ms of it have a cause/)
    expect(await doctored(silent(1))).toMatch(/nobody decided for 1[23]\d{4} ms, and at most 90000 ms of it have a cause/)
    expect(await doctored(silent(2))).not.toContain('nobody decided')
  })
  it('a step forward without its evidence', async () => {
    const early = (rehearsal: Rehearsal) => ({
      ...rehearsal,
      rows: rehearsal.rows.map((row, at) =>
        at === 5 ? { ...row, context: { ...row.context, decision: 'advance', effects: [{ kind: 'expose', share: 0.1 }] } } : row,
      ),
    })
    expect(await doctored(early)).toContain('advanced to 10 % although')
  })
  it('another answer than the one that is recorded', async () => {
    expect(await doctored((rehearsal) => without(rehearsal, 'advance'))).toContain('the replay differs at')
  })
  it('exposure that is no prefix of the order of joining', async () => {
    const moved = (rehearsal: Rehearsal) => {
      const last = rehearsal.members.at(-1)?.strategyId ?? ''
      return {
        ...rehearsal,
        exposures: rehearsal.exposures.map((one) => ({ ...one, ids: one.ids.length === 0 ? [] : [last, ...one.ids.slice(1)] })),
      }
    }
    expect(await doctored(moved)).toContain('who is exposed is no prefix')
  })
  it('an ML entry that starts under an epoch that is over', async () => {
    const late = (rehearsal: Rehearsal) => {
      const closed = rehearsal.exposures.at(-1)
      const entry = rehearsal.arrivals.find(({ arm, purpose }) => arm === 'ml' && purpose === 'enter')
      if (closed === undefined || entry === undefined) throw new Error('the rehearsal has no ML entry and no fence')
      const again = { ...entry, epochNow: closed.epoch, sendingMs: closed.sinceMs + 500, sinceMs: closed.sinceMs + 600 }
      return { ...rehearsal, arrivals: [...rehearsal.arrivals, again] }
    }
    expect(await doctored(late)).toContain('arrived at')
  })
  it('a state that is not what the rows say it must be: good time, breaches, counter-moves, gates', async () => {
    const rehearsal = await rehearseScaled(7, [fault('latency', 20, 12, 1600)])
    const replay = createRolloutReplay()
    const states = rehearsal.rows.map((row) => replay.take(row))
    const problemsWith = (change: Partial<RolloutState>) =>
      checkDecisions(
        rehearsal,
        states.map((state) => (state === null ? null : { ...state, ...change })),
      ).join('\n')
    expect(problemsWith({})).toBe('')
    expect(problemsWith({ goodMs: 7 })).toContain('goodMs must be 30000, and is 7')
    expect(problemsWith({ stepBreaches: 9 })).toContain('stepBreaches must be 0, and is 9')
    expect(problemsWith({ modifiers: [{ gate: 'p95', kind: 'poll', amount: 2 }] })).toContain('moves must be , and is p95 poll')
    expect(problemsWith({ gates: emptyGates() })).toContain('gates must be p95 open')
  })
  it('books that differ', async () => {
    expect(await doctored((rehearsal) => ({ ...rehearsal, differences: ['one coin'] }))).toContain('the books differ: one coin')
  })
})
