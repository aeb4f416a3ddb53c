import { Type, type Static } from 'typebox'
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

/** No alert exists before the controller does; null says so. */
export const PublicAlert = Type.Object({ ...demo, alert: Type.Optional(Type.Null()), last: Last(Type.Null()) })
export type PublicAlert = Static<typeof PublicAlert>
