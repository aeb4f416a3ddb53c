import { ALERT_STATES } from '@spark/core/alert/alert'
import { Type, type Static, type TSchema } from 'typebox'
import { Limit, Reason } from './trading.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
export const AlertSeverity = Type.Union([Type.Literal('red'), Type.Literal('yellow')])
const State = Type.Enum(ALERT_STATES, {
  description: 'firing; acknowledged: somebody knows; snoozed: silent until snoozedUntil; resolved: its cause is over',
})

/** An alert as it is now, however often it was raised. */
export const AlertView = Type.Object({
  id: Type.Integer(),
  severity: AlertSeverity,
  code: Type.String({ description: 'stable word, like venue_halted' }),
  scope: Type.String({ description: 'what it is about, like venue:paper' }),
  message: Type.String(),
  state: State,
  ts: Type.Integer({ description: 'ms; when it was raised first' }),
  lastTs: Type.Integer({ description: 'ms; when it was raised last' }),
  count: Type.Integer({ description: 'how often it was raised' }),
  snoozedUntil: nullable(Ms),
  resolvedTs: nullable(Ms),
  escalations: Type.Integer({ description: 'how often it was told again because nobody acknowledged it' }),
  changedBy: nullable(Type.String({ description: 'the person who acted last; null: nobody did since it fires' })),
  reason: nullable(Type.String({ description: 'why that person acted' })),
  change: Type.Integer({ description: 'place in the order of all changes of alerts: ask for what comes after it' }),
})
export type AlertView = Static<typeof AlertView>

export const AlertQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Union([State, Type.Literal('open')], { description: 'open: every state but resolved; default: all' }),
    ),
    severity: Type.Optional(AlertSeverity),
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Type.String({ maxLength: 20, description: 'nextCursor of the page before' })),
    after: Type.Optional(
      Type.String({
        pattern: '^\\d{1,15}$',
        description: 'only those that changed after this change, oldest change first; alone or with limit',
      }),
    ),
  },
  { additionalProperties: false },
)
export const AlertPage = Type.Object({
  items: Type.Array(AlertView, { description: 'newest first' }),
  nextCursor: nullable(Type.String()),
  change: Type.Integer({ description: 'of the newest change there is; 0 before the first' }),
})

export const AlertAcknowledge = Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false })
export const AlertSnooze = Type.Object(
  { minutes: Type.Integer({ minimum: 1, maximum: 10_080, description: 'at most a week' }), reason: Reason },
  { additionalProperties: false },
)
export const AlertResolve = Type.Object({ reason: Reason }, { additionalProperties: false })
