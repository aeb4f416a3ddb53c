import { expect, it } from 'vitest'
import { deadLetters } from './meters.ts'
import { tellDrift, tellVerdict } from './labels/label-deps.ts'
import { problemOf } from './operation.ts'

const parts = ({
  ok = true,
  halted = null,
  stalenessS = 1,
}: { ok?: boolean; halted?: string | null; stalenessS?: number | null } = {}) => ({
  storage: {
    storageHealth: () => Promise.resolve(ok ? { ok } : { ok, reason: 'disk_full' as const, detail: 'the disk is full' }),
  },
  desk: { haltedReason: () => halted },
  ingest: { stalenessS: () => stalenessS },
})

it.each([
  ['nothing, while data is fresh', parts({ stalenessS: 30 }), null],
  ['storage that cannot be written', parts({ ok: false }), 'the disk is full'],
  ['a halted venue', parts({ halted: 'the books differ' }), 'the venue is halted: the books differ'],
  ['a feed that was not heard yet', parts({ stalenessS: null }), 'there is no market data yet'],
  ['old market data', parts({ stalenessS: 30.6 }), 'market data is 31 s old'],
])('the heartbeat is kept back by %s', async (_what, of, problem) => {
  expect(await problemOf(of)).toBe(problem)
})

it('dead letters of notifications and jobs do not count as figures of the order path', () => {
  const depth = (dead: number) => ({ ready: 0, delayed: 0, leased: 0, dead, lagMs: 0 })
  const depths = { order: depth(1), label: depth(2), notification: depth(4), job: depth(8) }
  expect(deadLetters({ depth: () => depths })).toBe(3)
  expect(deadLetters({ depth: () => null })).toBeNull()
})

it('features that have moved raise a yellow alert with their figures, which ends when none has', async () => {
  const told: unknown[] = []
  const desk = {
    raise: async (alert: object) => void told.push(alert),
    resolve: async (code: string, scope: string) => void told.push([code, scope]),
  }
  const drift = { feature: 'rsi' as const, values: 300, index: 0.345, threshold: 0.2, drifted: true }
  for (const drifted of [[drift], []]) await tellDrift(desk, 'm-1', drifted)
  const about = { severity: 'yellow', code: 'feature_drift', scope: 'model:m-1' }
  expect(told).toEqual([{ ...about, message: expect.stringContaining('rsi 0.34 over 0.20') }, ['feature_drift', 'model:m-1']])
})

it('a model that loses after costs raises a yellow alert, which any other verdict ends', async () => {
  const told: unknown[] = []
  const desk = {
    raise: async ({ severity, code, scope }: { severity: string; code: string; scope: string }) =>
      void told.push(['raise', severity, code, scope]),
    resolve: async (code: string, scope: string) => void told.push(['resolve', code, scope]),
  }
  for (const verdict of ['loses_after_costs', 'unproven', 'worse_than_baseline'] as const) await tellVerdict(desk, 'm-1', verdict)
  const over = ['resolve', 'model_loses', 'model:m-1']
  expect(told).toEqual([['raise', 'yellow', 'model_loses', 'model:m-1'], over, over])
})
