import { expect, it } from 'vitest'
import { emptyTally } from '@spark/core/rollout/slice'
import { collectionCriterion, successCriteria } from '@spark/core/rollout/success'
import { fill } from '@spark/core/text/template'
import { TOLD, readTold } from './told.ts'

/** What may stand in a place, with what makes reading hard. */
const SAMPLES: Record<string, string> = {
  told: 'the venue holds 3 USDT, our book 5; and: more',
  words: 'disk full: no space; give up',
  strategy: 'btcusdt-1h-01',
  amount: '6001.5',
  most: '6000',
  percent: '20.31',
  key: 'send 0f3a, again',
  code: 'invalid_payload',
  job: 'gap-repair',
  model: 'ml-fusion-1.2',
  seconds: '7.0',
  at: '2026-11-29T07:00:00.000Z',
  venue: 'ccxt:binance testnet',
  theirs: '3.5',
  ours: '-5',
  asset: 'USDT',
  quantity: '0.01',
  order: 'sp-0f3a',
  builds: '3f2a, 77b0',
  rollout: 'rollout-3',
  folder: '/data/backups/2026-11-29',
  streams: 'BTCUSDT 1h, ETHUSDT 1h',
  parent: 'ml-fusion-1.2',
  day: '2026-11-23',
  report: 'day-2026-11-23',
  verdict: 'unproven',
  phase: 'preview_only',
  expected: 'done',
  duration: '1 h 20 min',
  gate: 'error_rate',
  severity: 'yellow',
  decision: 'preview only',
  bound: '< 30 s',
  processes: 'a.executor, a.api-1',
  process: 'b.executor',
}

it.each(Object.entries(TOLD))('%s is read back with its figures', (code, template) => {
  const places = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const values = Object.fromEntries(places.map((name) => [name, SAMPLES[name] ?? '12']))
  expect(readTold(fill(template, values))).toEqual({ code, values })
})

it("nothing is read from a person's own words", () => {
  for (const text of ['', 'pause', 'looks good: go on', 'the venue is slow']) expect(readTold(text)).toBeNull()
})

it('what the criteria of success ask for is a bound, or a sentence that is read', () => {
  const criteria = [...successCriteria({ tally: emptyTally(0), stepBreaches: 0 }), collectionCriterion(true, 1)]
  const targets = criteria.map(({ target }) => target)
  expect(targets.filter((target) => !/^[<≥] [\d.]+( (ms|s|%))?$/.test(target) && readTold(target) === null)).toEqual([])
})
