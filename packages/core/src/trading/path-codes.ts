/** Why a venue did not do what it was asked. An exchange's own words stand beside the code. */
export const VENUE_CODES = [
  'insufficient_funds',
  'invalid_order',
  'duplicate_order',
  'unknown_order',
  'unknown_symbol',
  'unsupported_exchange',
  'market_closed',
  'unauthorized',
  'rate_limited',
  'clock_skew',
  'no_market_price',
  'too_many_fills',
  'unreachable',
  'timeout',
  'server_error',
  'bad_answer',
] as const
export type VenueCode = (typeof VENUE_CODES)[number]

/** Why an order was not sent, or what is not known of it, beside the codes of risk and of the venue. */
export const ORDER_CODES = [
  'killed',
  'old_epoch',
  'exposure_lease_over',
  'clock_stepped',
  'signal_expired',
  'venue_halted',
  'too_late',
  'no_answer',
  'never_arrived',
  'restarted',
  'taken_over',
  'restored',
  'venue_cancelled',
  'venue_expired',
  'venue_rejected',
] as const
export type OrderCode = (typeof ORDER_CODES)[number]

/** Why somebody outside was not told. */
export const OUTSIDE_CODES = [
  'not_https',
  'private_address',
  'redirected',
  'refused',
  'failed',
  'timeout',
  'unreachable',
] as const
export type OutsideCode = (typeof OUTSIDE_CODES)[number]

/** Why a job can never succeed. */
export const DEAD_LETTER_CODES = [
  'invalid_payload',
  'attempts_exhausted',
  'unknown_order',
  'not_reserved',
  'request_expired',
  'not_cancelled',
  'channel_not_configured',
  ...OUTSIDE_CODES,
] as const
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number]
