import { describe, expect, it } from 'vitest'
import type { AuditItem } from '@spark/contract/audit'
import { whyNotOf } from './why-not.ts'

const row = (ts: number, action: string, context: AuditItem['context'], _err?: string): AuditItem => ({
  id: `executor-${ts}`,
  ts,
  timestamp: '',
  action,
  actor: 'executor',
  strategyId: 's',
  traceId: `trace ${ts}`,
  result: 'ok',
  context,
  ...(_err !== undefined && { _err }),
})
const kept = (ts: number, reason: string) =>
  row(ts, 'baseline.decision', { baseline: 1, ml: null, arm: 'baseline', action: 'keep', reason })

describe('why a strategy did not trade', () => {
  it('is told newest first, the same reason in a row once, with the newest trace', () => {
    const found = whyNotOf([kept(4, 'already_long'), kept(3, 'already_long'), kept(2, 'already_flat'), kept(1, 'already_long')])
    expect(found.map(({ code, ts, firstTs, times, traceId }) => [code, ts, firstTs, times, traceId])).toEqual([
      ['already_long', 4, 3, 2, 'trace 4'],
      ['already_flat', 2, 2, 1, 'trace 2'],
      ['already_long', 1, 1, 1, 'trace 1'],
    ])
  })

  it('tells of orders that were refused or never sent, with the figures, and of none that traded', () => {
    const refused = { reason: 'risk_order_value', detail: '1200 is above 1000', filledQuantity: '0' }
    const found = whyNotOf([
      row(4, 'order.rejected', refused),
      row(3, 'order.cancelled', { reason: 'old_epoch', filledQuantity: '0' }),
      row(2, 'order.cancelled', { reason: 'killed', filledQuantity: '0.5' }),
      row(1, 'baseline.decision', { baseline: 1, arm: 'baseline', action: 'enter', reason: 'long_signal' }),
    ])
    expect(found.map(({ code, detail }) => [code, detail])).toEqual([
      ['risk_order_value', '1200 is above 1000'],
      ['old_epoch', null],
    ])
  })

  it('tells of pauses, by a person and by a limit', () => {
    const found = whyNotOf([
      row(2, 'strategy.paused', { reason: 'holiday' }),
      row(1, 'strategy.auto_paused', { detail: '7000 of 6000' }, 'risk_daily_loss'),
    ])
    expect(found.map(({ code, detail }) => [code, detail])).toEqual([
      ['paused', 'holiday'],
      ['risk_daily_loss', '7000 of 6000'],
    ])
  })
})
