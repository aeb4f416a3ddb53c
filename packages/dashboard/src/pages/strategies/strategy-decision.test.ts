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
  const ml = { decision: -1, advisory: false, error: null, confid: 0.61, reasons: [] }
  const context = { baseline: 1, ml, arm: 'ml', action: 'exit', reason: 'short_signal', candleTs: 60_000 }

  it('at a close is that of the arm that counted, with what came of it and why', () => {
    const decided = { action: 'exit', reasons: ['short_signal'], candleTs: 60_000 }
    expect(decisionOf(row('baseline.decision', context))).toMatchObject({ ...decided, by: 'ml', decision: -1, confid: 0.61 })
    const baseline = decisionOf(row('baseline.decision', { ...context, arm: 'baseline' }))
    expect(baseline).toMatchObject({ ...decided, by: 'baseline', decision: 1, confid: null })
  })

  it.each([
    ['no_opinion', { decision: 0, confid: 0.52, reasons: [] }, 'below_floor'],
    ['advisory', { decision: 0, advisory: true, reasons: ['slo_breach', 'killed'] }, 'slo_breach'],
    ['score_error', { decision: 0, error: 'stale_feature', reasons: ['stale_feature'] }, 'stale_feature'],
    ['no_answer', null, 'no_answer'],
  ])('that ML did not make for %s says what stands behind it', (reason, answer, code) => {
    const kept = row('baseline.decision', { ...context, ml: answer, action: 'keep', reason })
    expect(decisionOf(kept)).toMatchObject({ by: 'ml', decision: 0, reasons: [code] })
  })

  it('of a score has its confidence and guardrails', () => {
    const score = decisionOf(row('ml.score', { decision: 0, confid: 0.54, reasons: ['killed'] }))
    expect(score).toMatchObject({ by: 'ml', decision: 0, confid: 0.54, action: null, reasons: ['killed'] })
  })

  it('is not an order', () => {
    expect(decisionOf(row('order.filled', {}))).toBe(null)
  })
})
