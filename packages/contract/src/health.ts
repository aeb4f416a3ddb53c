import { Type, type Static } from 'typebox'

export const RolledBack = Type.Object({
  rollout: Type.String(),
  atMs: Type.Integer({ description: 'when it was rolled back, ms since 1970' }),
})
export type RolledBack = Static<typeof RolledBack>

export const Health = Type.Object({
  ok: Type.Boolean({ description: 'true while it can serve: storage can be written' }),
  buildSha: Type.String(),
  version: Type.String(),
  process: Type.String({ description: 'which process answers: api-1, executor' }),
  pid: Type.Integer(),
  uptimeS: Type.Number(),
  reason: Type.Optional(
    Type.String({
      description: 'why ok is false: disk_full, locked, read_only, io_error, corrupt, missing_file, slow, unavailable',
    }),
  ),
  detail: Type.Optional(Type.String({ description: 'the reason in words, and what to do' })),
  rolledBack: Type.Optional(
    Type.Object(RolledBack.properties, {
      description: 'the newest rollout, when it was rolled back: the supervisor then returns to the last good release',
    }),
  ),
})
export type Health = Static<typeof Health>

export const ExecutorHealth = Type.Object({
  ...Health.properties,
  ts: Type.Integer({ description: 'its wall clock, ms since 1970' }),
  feed: Type.Object({
    name: Type.String(),
    lastMessageAgeS: Type.Union([Type.Number(), Type.Null()], {
      description:
        'seconds since the last valid market message of the worst stream, or since the feed is listened to; null before',
    }),
    lastMessageAt: Type.Union([Type.Integer(), Type.Null()], {
      description: 'wall time of the last valid market message of any stream, ms; null before the first',
    }),
    warmStreams: Type.Integer({ description: 'streams with at least 250 candles' }),
    streams: Type.Integer(),
  }),
  strategies: Type.Integer({ description: 'strategies that ask for a score each poll interval' }),
  lastScoreAgeS: Type.Union([Type.Number(), Type.Null()]),
})
export type ExecutorHealth = Static<typeof ExecutorHealth>

/** How a stream of the executor stands, and whether its row can be scored. */
export const StreamCondition = Type.Object({
  stream: Type.String({ description: 'like BTCUSDT-1h' }),
  candles: Type.Integer({ description: 'closed candles that its indicators have seen' }),
  lastClosedTs: Type.Union([Type.Integer(), Type.Null()], { description: 'open time of the newest closed candle, ms' }),
  lastMessageAgeS: Type.Union([Type.Number(), Type.Null()]),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'why it gives no row now; null: it gives one' }),
})
export type StreamCondition = Static<typeof StreamCondition>
