import { describe, expect, it } from 'vitest'
import type { RolloutView } from '@spark/contract/rollout'
import { cardsOf, checksOf, type Known } from './copilot.ts'

const gate = (name: string, state: string, critical = false) =>
  ({
    gate: name,
    state,
    value: 1,
    good: 1,
    critical: 2,
    holdS: 1,
    inBreachS: 0,
    unit: 'ms',
    history: '',
    breach: critical ? { since: 0, critical, fast: false, worst: 1 } : null,
  }) as RolloutView['gates'][number]

const rollout = (gates: RolloutView['gates'], change: Partial<RolloutView> = {}) =>
  ({ id: 'r', subState: 'soaking', exposure: { strategies: 3 }, gates, ...change }) as RolloutView

const nothing: Known = {
  stream: 'connecting',
  installation: undefined,
  risk: undefined,
  rollout: undefined,
  queue: undefined,
  alerts: undefined,
}

describe('checks of the copilot', () => {
  it('hold for nothing that is not known', () => {
    expect(checksOf(nothing).every(({ holds }) => holds === null)).toBe(true)
  })

  it('do not call a gate without data good', () => {
    const holds = (gates: RolloutView['gates']) =>
      checksOf({ ...nothing, rollout: rollout(gates) }).find(({ name }) => name === 'gates')?.holds
    expect(holds([gate('p95', 'ok'), gate('staleness', 'no_data')])).toBe(null)
    expect(holds([gate('p95', 'ok')])).toBe(true)
    expect(holds([gate('p95', 'warning')])).toBe(false)
  })
})

it('what was known before the connection or the executor was lost is not known now', () => {
  const installation = { executorReachable: true } as Known['installation']
  const known: Known = { ...nothing, stream: 'open', installation, alerts: [], rollout: rollout([gate('p95', 'ok')]) }
  const holding = (change: Partial<Known>) =>
    checksOf({ ...known, ...change }).flatMap(({ name, holds }) => (holds === true ? [name] : []))
  expect(holding({})).toEqual(['stream', 'executor', 'gates', 'alerts'])
  expect(holding({ stream: 'lost' })).toEqual([])
  expect(holding({ installation: { executorReachable: false } as Known['installation'] })).toEqual(['stream', 'alerts'])
})

describe('triage cards', () => {
  it('stand for each gate that warns or is breached, the worst first', () => {
    const cards = cardsOf(rollout([gate('p95', 'warning'), gate('staleness', 'ok'), gate('error_rate', 'critical', true)]))
    expect(cards.map((card) => card.gate.gate)).toEqual(['error_rate', 'p95'])
  })

  it('offer to roll back only where somebody is exposed', () => {
    const breached = [gate('p95', 'critical', true)]
    expect(cardsOf(rollout(breached))[0]?.rollback).toBe(true)
    expect(cardsOf(rollout(breached, { exposure: { strategies: 0 } as RolloutView['exposure'] }))[0]?.rollback).toBe(false)
  })

  it('are gone when the rollout has ended', () => {
    expect(cardsOf(rollout([gate('p95', 'critical')], { subState: 'ended' }))).toEqual([])
  })
})
