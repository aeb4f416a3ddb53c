import { isRateLimit, retryAfterMs } from '../ccxt/rate-limit.ts'
import type { VenueCode } from '@spark/core/trading/path-codes'
import { VenueError } from './venue.ts'

/** Refusals of ccxt by the name of its class: the classes are in a part of ccxt that is loaded late, or twice. */
const REFUSED: Readonly<Record<string, VenueCode>> = {
  InsufficientFunds: 'insufficient_funds',
  DuplicateOrderId: 'duplicate_order',
  InvalidOrder: 'invalid_order',
  OrderImmediatelyFillable: 'invalid_order',
  OrderNotFillable: 'invalid_order',
  OperationRejected: 'invalid_order',
  MarketClosed: 'market_closed',
  BadRequest: 'invalid_order',
  BadSymbol: 'unknown_symbol',
  ArgumentsRequired: 'invalid_order',
  OrderNotFound: 'unknown_order',
  AuthenticationError: 'unauthorized',
  PermissionDenied: 'unauthorized',
  AccountSuspended: 'unauthorized',
  AccountNotEnabled: 'unauthorized',
}

/** What an error of ccxt means for an order. What is not known for certain to be a refusal is `unknown`. */
export function venueErrorOf(
  error: unknown,
  what: string,
  headers: Record<string, string> | undefined,
  nowMs: number,
  clean: (message: string) => string,
): VenueError {
  if (error instanceof VenueError) return error
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const told = clean(`${what}: ${name}: ${message}`.slice(0, 500))
  // ccxt takes keys that worked before for a ban when the exchange does not know them any more.
  if (/"code":\s*-2015\b/.test(message)) return new VenueError('refused', 'unauthorized', told)
  if (isRateLimit(error))
    return new VenueError('unavailable', 'rate_limited', told, { retryAfterMs: retryAfterMs(headers, nowMs) })
  if (name === 'InvalidNonce') return new VenueError('unavailable', 'clock_skew', told)
  // Binance names both with one code, -2010.
  if (/duplicate order/i.test(message)) return new VenueError('refused', 'duplicate_order', told)
  const code = REFUSED[name]
  if (code !== undefined) return new VenueError('refused', code, told)
  // The exchange read the request and says no: its codes from -1100 down are about what was asked, but for those that ccxt calls
  // failed operations. Above they are about itself.
  if (name !== 'OperationFailed' && Number(/"code":\s*(-\d+)/.exec(message)?.[1] ?? 0) <= -1100)
    return new VenueError('refused', 'invalid_order', told)
  const timedOut = name === 'RequestTimeout'
  return new VenueError('unknown', timedOut ? 'timeout' : 'server_error', told)
}

/** An exchange, a proxy or ccxt may repeat what was sent. */
export function messageWithout(message: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '[removed]'), message)
}
