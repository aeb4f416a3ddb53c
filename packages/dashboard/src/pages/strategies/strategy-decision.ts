import type { AuditItem } from '@spark/contract/audit'
import type { PositionDecision } from '@spark/contract/trading'
import { isRecord } from '../../record.ts'

export interface StrategyDecision {
  id: string
  ts: number
  traceId: string | null
  by: 'ml' | 'baseline'
  decision: number
  /** Of the score; null where none counted. */
  confid: number | null
  /** What came of it; null for a score, which is only shown. */
  action: PositionDecision['action'] | null
  /** Why, as stable codes; of a score the guardrails that closed it. */
  reasons: readonly string[]
  /** Open time of the candle that was decided on, ms; null for a score. */
  candleTs: number | null
}

/** A score or a decision at the close of a candle, whichever arm counted; null for any other row. */
export function decisionOf(item: AuditItem): StrategyDecision | null {
  const { id, ts, traceId, action, context } = item
  if (action === 'ml.score') {
    const { decision, confid, reasons } = context
    if (typeof decision !== 'number') return null
    const closed = textsOf(reasons)
    return { id, ts, traceId, by: 'ml', decision, confid: numberOf(confid), action: null, reasons: closed, candleTs: null }
  }
  return action === 'baseline.decision' ? atClose(item) : null
}

const ACTIONS: readonly PositionDecision['action'][] = ['enter', 'exit', 'keep']

function atClose({ id, ts, traceId, context }: AuditItem): StrategyDecision | null {
  const { baseline, arm, reason, candleTs } = context
  const action = ACTIONS.find((one) => one === context['action'])
  const by = arm === 'ml' ? 'ml' : 'baseline'
  const ml = isRecord(context['ml']) ? context['ml'] : {}
  // Nobody answered: ML has no opinion.
  const decision = by === 'ml' ? (numberOf(ml['decision']) ?? 0) : numberOf(baseline)
  if (decision === null || action === undefined || typeof reason !== 'string') return null
  const confid = by === 'ml' ? numberOf(ml['confid']) : null
  return { id, ts, traceId, by, decision, confid, action, reasons: [whyOf(by, reason, ml)], candleTs: numberOf(candleTs) }
}

/** What stands behind a word that only says that ML could not be used. */
function whyOf(by: 'ml' | 'baseline', reason: string, { reasons, error }: Record<string, unknown>): string {
  if (by === 'ml' && reason === 'no_opinion') return 'below_floor'
  if (reason === 'score_error' && typeof error === 'string') return error
  return reason === 'advisory' ? (textsOf(reasons)[0] ?? reason) : reason
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [])
