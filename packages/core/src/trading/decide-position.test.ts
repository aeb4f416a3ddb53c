import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instrument } from '../market/instrument.ts'
import { Decimal } from './decimal.ts'
import {
  baselineDecision,
  decidePosition,
  entryQuantity,
  exitQuantity,
  type HeldPosition,
  type MlAnswer,
} from './decide-position.ts'

const ml = (decision: -1 | 0 | 1): MlAnswer => ({ decision, advisory: false, error: null })
const by = (arm: 'ml' | 'baseline', reduceOnly = false): HeldPosition => ({ arm, reduceOnly })
const decided = (part: Partial<Parameters<typeof decidePosition>[0]>) => {
  const { action, arm, reason } = decidePosition({
    strategy: { exposed: true, status: 'running' },
    held: null,
    baseline: 0,
    ml: ml(0),
    mlOff: false,
    ...part,
  })
  return `${arm} ${action} ${reason}`
}

describe('the position rules', () => {
  it('an exposed strategy acts on ML: +1 enters, −1 closes, 0 keeps', () => {
    expect(decided({ ml: ml(1), baseline: -1 })).toBe('ml enter long_signal')
    expect(decided({ ml: ml(-1), baseline: 1, held: by('ml') })).toBe('ml exit short_signal')
    expect(decided({ ml: ml(0), baseline: 1 })).toBe('ml keep no_opinion')
    expect(decided({ ml: ml(-1) })).toBe('ml keep already_flat')
    expect(decided({ ml: ml(1), held: by('ml') })).toBe('ml keep already_long')
  })

  it('advisory, error or no answer change nothing', () => {
    expect(decided({ ml: { ...ml(1), advisory: true } })).toBe('ml keep advisory')
    expect(decided({ ml: { ...ml(1), error: 'stale_feature' } })).toBe('ml keep score_error')
    expect(decided({ ml: null, baseline: 1 })).toBe('ml keep no_answer')
  })

  it('a strategy outside the share, or with ML off, acts on its baseline', () => {
    expect(decided({ strategy: { exposed: false, status: 'running' }, ml: ml(1), baseline: -1, held: by('baseline') })).toBe(
      'baseline exit short_signal',
    )
    expect(decided({ mlOff: true, ml: ml(-1), baseline: 1 })).toBe('baseline enter long_signal')
  })

  it('a newly exposed strategy acts on ML once its baseline position is closed', () => {
    expect(decided({ held: by('baseline'), ml: ml(-1), baseline: 1 })).toBe('baseline keep already_long')
    expect(decided({ held: by('baseline'), ml: ml(1), baseline: -1 })).toBe('baseline exit short_signal')
  })

  it('a position that was handed over is closed by the baseline', () => {
    expect(decided({ held: by('ml', true), ml: ml(1), baseline: -1 })).toBe('baseline exit short_signal')
    expect(decided({ held: by('ml', true), ml: ml(-1), baseline: 1 })).toBe('baseline keep already_long')
  })

  it('a paused or stopped one keeps what it holds', () => {
    for (const status of ['paused', 'stopped'] as const)
      expect(decided({ strategy: { exposed: true, status }, ml: ml(-1), held: by('ml') })).toBe('ml keep not_running')
  })

  it('never enters when long, never exits when flat, and never trades on an advisory score', () => {
    const decision = fc.constantFrom<-1 | 0 | 1>(-1, 0, 1)
    const held = fc.option(fc.record({ arm: fc.constantFrom<'ml' | 'baseline'>('ml', 'baseline'), reduceOnly: fc.boolean() }))
    const answer = fc.option(fc.record({ decision, advisory: fc.boolean(), error: fc.constantFrom(null, 'stale_feature') }))
    const status = fc.constantFrom('running' as const, 'paused' as const)
    fc.assert(
      fc.property(held, decision, answer, fc.boolean(), fc.boolean(), status, (has, baseline, asked, mlOff, exposed, now) => {
        const result = decidePosition({ strategy: { exposed, status: now }, held: has, baseline, ml: asked, mlOff })
        if (result.action === 'enter') expect(has).toBeNull()
        if (result.action === 'exit') expect(has).not.toBeNull()
        if (result.action !== 'keep' && result.arm === 'ml') {
          expect(asked).toMatchObject({ advisory: false, error: null })
          expect([exposed, mlOff]).toEqual([true, false])
        }
      }),
    )
  })
})

it('the baseline is the sign of ema_20 − ema_50, and has no opinion on what is no number', () => {
  expect([baselineDecision({ ema_20: 2, ema_50: 1 }), baselineDecision({ ema_20: 1, ema_50: 2 })]).toEqual([1, -1])
  for (const ema_50 of [2, Number.NaN, Number.POSITIVE_INFINITY]) expect(baselineDecision({ ema_20: 2, ema_50 })).toBe(0)
})

describe('quantities', () => {
  const instrument: Instrument = {
    symbol: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    tickSize: '0.01',
    lotSize: '0.001',
    minQuantity: '0.002',
    maxQuantity: '5',
    minNotional: '10',
  }
  const entry = (capital: string, price: string) => entryQuantity(capital, new Decimal(price), instrument).toString()
  it('of an entry are capital / price in whole lots, towards zero', () => {
    expect(entry('1000', '30000')).toBe('0.033')
    expect(entry('1000', '10')).toBe('5')
  })
  it('below what the venue takes are none', () => {
    expect(entry('1000', '1000000')).toBe('0')
    expect(entry('9.99', '100')).toBe('0')
    expect(entry('1000', '0')).toBe('0')
    expect(exitQuantity('0.0019', new Decimal(30000), instrument).toString()).toBe('0')
  })
  it('of an exit are all that can be sold', () => {
    expect(exitQuantity('0.0329', new Decimal(30000), instrument).toString()).toBe('0.032')
  })
})
