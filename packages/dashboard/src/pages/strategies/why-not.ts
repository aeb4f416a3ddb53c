import type { AuditItem } from '@spark/contract/audit'
import { decisionOf } from './strategy-decision.ts'

/** Rows of the audit that say why an order was not sent, or why nothing is decided. */
export const WHY_NOT_ACTIONS = [
  'order.rejected',
  'order.expired',
  'order.cancelled',
  'strategy.auto_paused',
  'strategy.paused',
  'strategy.stopped',
] as const

export interface WhyNot {
  id: string
  /** The newest time that it was so, ms, and the first of those in a row. */
  ts: number
  firstTs: number
  times: number
  traceId: string | null
  /** Stable code. */
  code: string
  /** Figures or words to it; null: the code says it all. */
  detail: string | null
  confid: number | null
}

/** Why a strategy did not trade, newest first; the same reason several times in a row is one. `items`: rows of its audit, in any order. */
export function whyNotOf(items: readonly AuditItem[]): WhyNot[] {
  const found: WhyNot[] = []
  for (const item of items.toSorted((a, b) => b.ts - a.ts)) {
    const why = whyOf(item)
    if (why === null) continue
    const { ts, traceId } = item
    const newer = found.at(-1)
    if (newer !== undefined && newer.code === why.code && newer.detail === why.detail) {
      newer.firstTs = ts
      newer.times += 1
    } else found.push({ id: item.id, ts, firstTs: ts, times: 1, traceId, ...why })
  }
  return found
}

type Why = Pick<WhyNot, 'code' | 'detail' | 'confid'>

function whyOf(item: AuditItem): Why | null {
  const { action, context, _err } = item
  const decided = decisionOf(item)
  if (decided !== null)
    return decided.action === 'keep' ? { code: decided.reasons[0] ?? '', detail: null, confid: decided.confid } : null
  const { reason, detail, filledQuantity } = context
  const words = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  if (action === 'strategy.paused' || action === 'strategy.stopped')
    return { code: action.slice('strategy.'.length), detail: words(reason), confid: null }
  if (action === 'strategy.auto_paused') return { code: _err ?? 'paused', detail: words(detail), confid: null }
  const ended = WHY_NOT_ACTIONS.some((one) => one === action) && filledQuantity === '0'
  return ended ? { code: words(reason) ?? action.slice('order.'.length), detail: words(detail), confid: null } : null
}
