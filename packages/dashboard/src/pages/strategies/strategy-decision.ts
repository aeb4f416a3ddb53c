import type { AuditItem } from '@spark/contract/audit'

export interface StrategyDecision {
  id: string
  ts: number
  by: 'ml' | 'baseline'
  decision: number
  /** Only of a score. */
  confid: number | null
  /** What came of it: enter, exit, keep; empty for a score, which is only shown. */
  action: string
  /** Why, as a stable word. */
  reason: string
}

/** A score or a decision at the close of a candle, whichever arm counted; null for any other row. */
export function decisionOf({ id, ts, action, context }: AuditItem): StrategyDecision | null {
  const { decision, confid, baseline, ml, arm, reason, reasons } = context
  if (action === 'ml.score' && typeof decision === 'number') {
    const why = Array.isArray(reasons) ? reasons.join(', ') : ''
    return { id, ts, by: 'ml', decision, confid: typeof confid === 'number' ? confid : null, action: '', reason: why }
  }
  const by = arm === 'ml' ? 'ml' : 'baseline'
  const counted = by === 'ml' ? ml : baseline
  if (action !== 'baseline.decision' || typeof counted !== 'number') return null
  const done = typeof context['action'] === 'string' ? context['action'] : ''
  return { id, ts, by, decision: counted, confid: null, action: done, reason: typeof reason === 'string' ? reason : '' }
}
