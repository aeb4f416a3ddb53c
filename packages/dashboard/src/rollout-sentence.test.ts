import { describe, expect, it } from 'vitest'
import type { RolloutView } from '@spark/contract/rollout'
import { createFormat } from './format/format.ts'
import { messagesOf, type Language } from './i18n/messages.ts'
import { rolloutSentence } from './rollout-sentence.ts'

const gate = (change: Partial<RolloutView['gates'][number]>): RolloutView['gates'][number] => ({
  gate: 'p95',
  value: 412,
  unit: 'ms',
  state: 'ok',
  good: 1000,
  critical: 1500,
  holdS: 900,
  inBreachS: 0,
  breach: null,
  history: 'OOO',
  ...change,
})

/** A rollout of which only what the sentence reads is filled in. */
const view = (change: Partial<RolloutView>) =>
  ({
    id: 'rollout-1',
    phase: 'live',
    phaseReason: null,
    subState: 'soaking',
    reasons: [],
    share: 0.1,
    ceiling: 1,
    step: { index: 1, name: '10 %' },
    steps: [0, 0.1, 0.5, 1].map((share) => ({ name: String(share), share, dwellS: 3600, approval: false, proven: false })),
    dwell: { servedS: 2472, neededS: 3600, earliestAdvanceAt: Date.UTC(2026, 0, 5, 12) },
    paused: null,
    cooldownUntil: null,
    gates: [gate({}), gate({ gate: 'staleness', value: 28, good: 30, critical: 60, holdS: 1800 })],
    ...change,
  }) as RolloutView

function say(change: Partial<RolloutView>, language: Language = 'en') {
  const m = messagesOf(language)
  return rolloutSentence(view(change), { m, f: createFormat(language, m.common.units) })
}

describe('the sentence on top', () => {
  it('says phase, good time, the next step and what is nearest to stopping it', () => {
    const { head, parts, tone } = say({})
    expect(head).toBe('LIVE 10%')
    expect(tone).toBe('normal')
    expect(parts[0]).toBe('soaking 41:12 of 1:00:00 good time')
    expect(parts[1]).toMatch(/^next: 50% at .* if all stays good$/)
    expect(parts[2]).toBe('would stop it: Staleness 28 s (critical > 60 s)')
  })

  it('says it in Turkish with Turkish numbers', () => {
    const { head, parts } = say({}, 'tr')
    expect(head).toBe('CANLI %10')
    expect(parts[2]).toBe('durduracak olan: Veri yaşı 28 sn (kritik > 60 sn)')
  })

  it('is red while a gate is critical, and says for how long', () => {
    const { tone, parts } = say({ gates: [gate({ value: 1600, state: 'critical', inBreachS: 300 })] })
    expect(tone).toBe('red')
    expect(parts.at(-1)).toBe('p95 latency 1,600 ms is critical for 5 min; at 15 min it is stopped')
  })

  it('asks for the approval of a step beyond the ceiling', () => {
    expect(say({ ceiling: 0.1 }).parts[1]).toBe('50% must be approved first')
  })

  it('is amber after a rollback, and promises no next step', () => {
    const { tone, head, parts } = say({ phase: 'rolled_back', subState: 'ended' })
    expect([tone, head]).toEqual(['amber', 'ROLLED BACK'])
    expect(parts).toEqual(['nobody acts on ML', 'another try is a new rollout'])
  })

  it('names the cause of what was taken back', () => {
    const blind = 'blind for 600 s: nobody asks for scores, whoever would stands still: 2 paused by the drawdown limit'
    expect(say({ phase: 'preview_only', phaseReason: blind }).parts).toEqual([
      `why: ${blind}`,
      'nobody acts on ML',
      'returning takes an approval',
    ])
  })

  it('tells the cause in the language of its reader', () => {
    const phaseReason = 'error_rate beyond 2.00 % for 427 s, at once, at worst 43.33 %'
    expect(say({ phase: 'rolled_back', phaseReason }, 'tr').parts[0]).toBe(
      'neden: Hata oranı 427 sn boyunca %2 ötesinde, hemen, en kötü %43,33',
    )
  })

  it('says what holds it, and promises no time', () => {
    const { parts } = say({
      subState: 'holding',
      reasons: ['the breach of p95 is not over', 'not every figure is on its target'],
    })
    expect(parts.slice(0, 3)).toEqual([
      'holding 41:12 of 1:00:00 good time',
      'waits: the breach of p95 latency is not over',
      'next: 50%, as soon as what it waits for is there',
    ])
  })

  it('says who paused it, what would hold it besides, and promises no time', () => {
    const paused = { by: 'ada', since: 0 }
    const told = (reasons: string[]) => say({ subState: 'paused', paused, reasons: ['paused by ada', ...reasons] }).parts
    expect(told([]).slice(0, 2)).toEqual([
      'paused by ada 41:12 of 1:00:00 good time',
      'next: 50%, as soon as what it waits for is there',
    ])
    expect(told(['the breach of p95 is not over'])[1]).toBe('waits: the breach of p95 latency is not over')
  })

  it('says that the last step waits for an approval', () => {
    const steps = view({}).steps
    const last = { step: { index: 3, name: '100 %' }, subState: 'awaiting_approval' as const, steps }
    expect(say({ ...last, reasons: ['4 breaches in this step: a person must approve'] }).parts.slice(1, 3)).toEqual([
      'waits: 4 breaches in this step: a person must approve',
      'done as soon as what it waits for is there',
    ])
  })

  it('is amber when nobody watches, with no figure of before as if it were of now', () => {
    const gates = [gate({ state: 'no_data' })]
    const dwell = { servedS: 2472, neededS: 3600, earliestAdvanceAt: null }
    const { tone, parts } = say({ subState: 'holding', reasons: ['the controller has not decided for 42 s'], gates, dwell })
    expect(tone).toBe('amber')
    expect(parts).toEqual([
      'holding 41:12 of 1:00:00 good time',
      'waits: the controller has not decided for 42 s',
      'next: 50%, as soon as what it waits for is there',
    ])
    expect(say({ gates }).parts.at(-1)).toBe('no gate can be judged now')
  })

  it('says on which side of its limit a gate is critical', () => {
    const confid = { gate: 'confid_median' as const, value: 0.56, good: 0.55, critical: 0.45 }
    expect(say({ gates: [gate(confid)] }).parts.at(-1)).toBe('would stop it: Median confidence 0.56 (critical < 0.45)')
  })

  it('is red while killed', () => {
    expect(say({ phase: 'killed', subState: 'ended' }).tone).toBe('red')
  })
})
