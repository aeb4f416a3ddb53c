import { Type, type Static } from 'typebox'

const Filter = {
  action: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  strategyId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  traceId: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
}

export const AUDIT_LIST_MAX = 10_000

export const AuditListRequest = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: AUDIT_LIST_MAX, description: 'default 100' })),
    cursor: Type.Optional(Type.String({ maxLength: 256, description: 'nextCursor of the page before' })),
    ...Filter,
    from: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ maxLength: 40 })], { description: 'ms since 1970 or ISO 8601, inclusive' }),
    ),
    to: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ maxLength: 40 })], { description: 'ms since 1970 or ISO 8601, exclusive' }),
    ),
    all: Type.Optional(Type.Boolean({ description: "also the controller's ticks, baseline decisions and the steps of orders" })),
  },
  { additionalProperties: false },
)
export type AuditListRequest = Static<typeof AuditListRequest>

export const AuditItem = Type.Object({
  id: Type.String({ description: 'writer and sequence number in its chain' }),
  ts: Type.Integer({ description: 'ms since 1970' }),
  timestamp: Type.String({ description: 'the same, ISO 8601' }),
  action: Type.String(),
  actor: Type.String(),
  strategyId: Type.Union([Type.String(), Type.Null()]),
  traceId: Type.Union([Type.String(), Type.Null()]),
  result: Type.Union([Type.Literal('ok'), Type.Literal('err')]),
  _err: Type.Optional(Type.String({ description: 'stable code, only when result is err' })),
  context: Type.Record(Type.String(), Type.Unknown()),
})
export type AuditItem = Static<typeof AuditItem>

export const AuditPage = Type.Object({
  items: Type.Array(AuditItem, { description: 'newest first' }),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
})
export type AuditPage = Static<typeof AuditPage>

export const AuditExportQuery = Type.Object(
  {
    format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('ndjson')], { description: 'default ndjson' })),
    ...Filter,
    from: Type.Optional(Type.String({ maxLength: 40 })),
    to: Type.Optional(Type.String({ maxLength: 40 })),
  },
  { additionalProperties: false },
)
export type AuditExportQuery = Static<typeof AuditExportQuery>
