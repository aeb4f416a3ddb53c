import { Type, type Static } from 'typebox'
import { ALERT_STATES } from '@spark/core/alert/alert'
import { AlertSeverity } from './alerts.ts'
import { Metrics } from './metrics.ts'

export const SmokeCheck = Type.Object({
  name: Type.String(),
  ok: Type.Boolean(),
  detail: Type.String(),
  durationMs: Type.Number(),
})
export type SmokeCheck = Static<typeof SmokeCheck>

export const SmokeResult = Type.Object({
  ts: Type.Integer(),
  ok: Type.Boolean(),
  version: Type.String(),
  buildSha: Type.String(),
  checks: Type.Array(SmokeCheck),
})
export type SmokeResult = Static<typeof SmokeResult>

/** Present only while the executor cannot be reached within 1 s: `last` holds what was last known, never invented figures. */
const demo = { _mock: Type.Optional(Type.Literal(true)), status: Type.Union([Type.Literal('OK'), Type.Literal('DEMO')]) }
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Last = <T extends Type.TSchema>(schema: T) =>
  Type.Optional(Type.Object({ at: orNull(Type.Integer({ description: 'ms; when it was last known' })), value: orNull(schema) }))

export const PublicMetrics = Type.Object({ ...demo, metrics: Type.Optional(Metrics), last: Last(Metrics) })
export type PublicMetrics = Static<typeof PublicMetrics>

export const PublicSmoke = Type.Object({ ...demo, smoke: Type.Optional(orNull(SmokeResult)), last: Last(SmokeResult) })
export type PublicSmoke = Static<typeof PublicSmoke>

/** What anyone may know of an alert: no message, because it can name strategies and amounts. */
export const AlertSummary = Type.Object({
  ts: Type.Integer({ description: 'ms; when it was raised first' }),
  lastTs: Type.Integer({ description: 'ms; when it was raised last' }),
  severity: AlertSeverity,
  state: Type.Enum(ALERT_STATES),
  code: Type.String({ description: 'stable word, like venue_halted' }),
  count: Type.Integer({ description: 'how often it was raised in a row' }),
})

export const PublicAlert = Type.Object({ ...demo, alert: Type.Optional(orNull(AlertSummary)), last: Last(AlertSummary) })
export type PublicAlert = Static<typeof PublicAlert>
