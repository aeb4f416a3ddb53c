import { UNSCORABLE_REASONS, UNUSABLE_REASONS } from '@spark/core/signal/guardrails'
import { POSITION_REASONS } from '@spark/core/trading/decide-position'
import { DEAD_LETTER_CODES, ORDER_CODES, VENUE_CODES } from '@spark/core/trading/path-codes'
import { RISK_CODES } from '@spark/core/trading/risk'

/** Every stable code by which a row of the audit, an order, a dead letter or a paused strategy says why. */
export const ROW_CODES = [
  ...POSITION_REASONS,
  ...UNSCORABLE_REASONS,
  ...UNUSABLE_REASONS,
  'guardrail_error',
  ...RISK_CODES,
  ...VENUE_CODES,
  ...ORDER_CODES,
  ...DEAD_LETTER_CODES,
  // Of an order without a reason its state.
  'rejected',
  'expired',
  'unknown',
] as const
export type RowCode = (typeof ROW_CODES)[number]
