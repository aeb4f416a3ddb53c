import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { Type, type Static } from 'typebox'

/** Why no real-money order can come from an ML decision now. */
export const DEMO_REASONS = [
  'simulated_market',
  'replayed_market',
  'paper_venue',
  'testnet',
  'ml_off',
  'ml_preview',
  'executor_offline',
] as const
export type DemoReason = (typeof DEMO_REASONS)[number]

/** What this installation is, and whether an ML decision can move real money. */
export const Installation = Type.Object({
  nowMs: Type.Integer({ description: 'time of the server, ms since 1970' }),
  clockSpeed: Type.Number({ description: 'its time runs so many times faster' }),
  version: Type.String(),
  buildSha: Type.String(),
  feed: Type.String({ description: 'sim, replay:PATH or ccxt:EXCHANGE' }),
  venue: Type.String({ description: 'where orders go' }),
  canary: Type.Object({ symbol: Type.String(), tf: Type.Enum(TIMEFRAMES) }),
  mode: Type.Enum(['off', 'preview', 'live'], { description: 'of ML scoring' }),
  executorReachable: Type.Boolean(),
  channels: Type.Array(Type.Enum(['slack', 'telegram', 'webhook']), {
    description: 'that are told of alerts; empty: nobody is told',
  }),
  demo: Type.Array(Type.Enum(DEMO_REASONS), {
    description: 'why no real-money order can come from an ML decision; empty: one can',
  }),
})
export type Installation = Static<typeof Installation>

export const CANDLES_MAX = 1000
export const CandleQuery = Type.Object(
  {
    symbol: Type.Optional(Type.String({ pattern: '^[A-Z0-9]{2,20}$', description: 'default: that of the canary' })),
    tf: Type.Optional(Type.Enum(TIMEFRAMES, { description: 'default: that of the canary' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9]\\d{0,2}|1000)$', description: '1 to 1000, default 300' })),
  },
  { additionalProperties: false },
)
export const CandleList = Type.Object({
  items: Type.Array(
    Type.Object({
      ts: Type.Integer({ description: 'ms; when it opened' }),
      o: Type.Number(),
      h: Type.Number(),
      l: Type.Number(),
      c: Type.Number(),
      v: Type.Number(),
    }),
    { description: 'closed candles, the newest, oldest first' },
  ),
})
