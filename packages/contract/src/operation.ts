import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { Type } from 'typebox'
import { Reason, StrategyView } from './trading.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const Name = Type.String({ minLength: 1, maxLength: 128 })
const Capital = Type.String({
  pattern: '^(?=.*[1-9])\\d{1,12}(\\.\\d{1,8})?$',
  description: 'quote units it may hold, as plain decimal, more than 0',
})
const Mode = Type.Union([Type.Literal('paper'), Type.Literal('live')], {
  description: 'live: armed, it sends orders when SPARK_MODE is live; paper: it does not',
})

export const StrategyCreate = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
    name: Type.Optional(Name),
    symbol: Type.String({ pattern: '^[A-Z0-9]{2,20}$' }),
    tf: Type.Enum(TIMEFRAMES),
    capital: Type.Optional(Capital),
    mode: Type.Optional(Mode),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)

/** At least one of name, capital and mode. What it holds is not resized: capital counts from its next entry on. */
export const StrategyChange = Type.Object(
  {
    name: Type.Optional(Name),
    capital: Type.Optional(Capital),
    mode: Type.Optional(Mode),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)

export const StrategySaved = Type.Object({
  strategy: StrategyView,
  needsRestart: Type.Boolean({
    description: 'no other strategy is on its stream: the executor must be restarted to listen to it',
  }),
})

const Scope = Type.String({
  maxLength: 140,
  pattern: '^(all|venue:.+|strategy:.+)$',
  description: 'all, venue:NAME or strategy:ID',
})
export const KillRequest = Type.Object({ scope: Scope, reason: Reason }, { additionalProperties: false })
export const UnkillRequest = Type.Object(
  { scope: Scope, reason: Reason, confirm: Type.String({ description: 'the scope again, typed: trading begins again' }) },
  { additionalProperties: false },
)

export const JobList = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      what: Type.String(),
      cron: Type.String({ description: 'five fields, UTC' }),
      nextRun: Ms,
      lastRun: Type.Union([
        Type.Object({
          startedAt: Ms,
          endedAt: Type.Union([Ms, Type.Null()]),
          outcome: Type.Union([Type.Literal('done'), Type.Literal('failed'), Type.Null()], {
            description: 'null: it runs',
          }),
          detail: Type.Union([Type.String(), Type.Null()], { description: 'what it did, or why it failed' }),
          askedBy: Type.Union([Type.String(), Type.Null()], { description: 'null: its time had come' }),
        }),
        Type.Null(),
      ]),
    }),
  ),
})

export const KeyList = Type.Object({
  items: Type.Array(
    Type.Object({
      venue: Type.String(),
      hint: Type.String({ description: 'the last characters of the API key' }),
      createdAt: Ms,
    }),
    { description: 'by venue; never a key itself' },
  ),
})

export const AccountFlow = Type.Object(
  {
    asset: Type.String({ pattern: '^[A-Z0-9]{2,20}$' }),
    amount: Type.String({
      pattern: '^-?(?=.*[1-9])\\d{1,15}(\\.\\d{1,18})?$',
      description: 'plain decimal, not 0; negative: a withdrawal',
    }),
    reason: Reason,
  },
  { additionalProperties: false },
)
