import { describe, expect, it } from 'vitest'
import type { AuditItem } from '@spark/contract/audit'
import { decisionOf } from './strategy-decision.ts'

const row = (action: string, context: AuditItem['context']): AuditItem => ({
  id: 'executor-1',
  ts: 1,
  timestamp: '',
  action,
  actor: 'executor',
  strategyId: 's',
  traceId: null,
  result: 'ok',
  context,
})

describe('a decision of a strategy', () => {
  it('at a close is that of the arm that counted, with what came of it and why', () => {
    const context = { baseline: 1, ml: -1, arm: 'ml', action: 'exit', reason: 'flat_wanted' }
    expect(decisionOf(row('baseline.decision', context))).toMatchObject({
      by: 'ml',
      decision: -1,
      action: 'exit',
      reason: 'flat_wanted',
    })
    expect(decisionOf(row('baseline.decision', { ...context, arm: 'baseline' }))).toMatchObject({ by: 'baseline', decision: 1 })
  })

  it('of a score has its confidence and guardrails', () => {
    const score = decisionOf(row('ml.score', { decision: 0, confid: 0.54, reasons: ['killed'] }))
    expect(score).toMatchObject({ by: 'ml', decision: 0, confid: 0.54, reason: 'killed' })
  })

  it('is not an order', () => {
    expect(decisionOf(row('order.filled', {}))).toBe(null)
  })
})
