import { describe, expect, it } from 'vitest'
import { fill } from '../text/template.ts'
import { FACTS, readFact, readReason, REASONS } from './reason.ts'

/** What may stand in a place, with what makes reading hard. */
const SAMPLES: Record<string, string> = {
  kind: 'rollback',
  who: 'ada:laptop',
  words: 'no: it begins by itself; wait',
  gate: 'error_rate',
  share: '10 %',
  step: '100 %',
  facts: 'kill switch all, venue:paper',
  minutes: '233',
  seconds: '900',
  count: '3',
  verdict: 'loses_after_costs',
  limit: '42 % of what is due',
  worst: '0.412',
  value: '37 % of what is due',
  because: 'pause by ada:laptop: lunch',
  errors: 'unreachable × 28, stale_feature × 2',
  before: '0.55',
  after: '0.60',
  scopes: 'all, strategy:a',
  venue: 'binance:testnet',
  strategy: 'btcusdt-1h-1',
  processes: 'api-1, api-2',
  hash: '0f3a9c',
  rollout: 'rollout-7',
  started: 'ab12',
}
const valuesOf = (template: string) =>
  Object.fromEntries([...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, SAMPLES[name] ?? 'no sample']))

describe('a reason of the controller', () => {
  it.each(Object.entries(REASONS))('%s is read back with its figures', (code, template) => {
    const values = valuesOf(template)
    expect(readReason(fill(template, values))).toEqual({ code, values })
  })

  it.each(Object.entries(FACTS))('the fact %s is read back with its figures', (code, template) => {
    const values = valuesOf(template)
    expect(readFact(fill(template, values))).toEqual({ code, values })
  })

  it('is read in audits that were written before there were codes', () => {
    const codes = [
      'the breach of error_rate is not over',
      '233 min more of good time',
      'p95 beyond 1500 ms for 900 s, at worst 1858 ms',
      'error_rate beyond 2.00 % for 370 s, at once, at worst 100.00 %; most frequent: unreachable × 28',
      'promote by operator: looking',
      '50 % begins',
    ].map((text) => readReason(text)?.code)
    expect(codes).toEqual(['breach_open', 'good_time', 'breach', 'breach_at_once_errors', 'command_because', 'begins'])
  })

  it("is not seen in a person's own words", () => {
    for (const text of ['', 'before the night', 'p95: too slow', 'let it go on']) expect(readReason(text)).toBe(null)
  })
})
