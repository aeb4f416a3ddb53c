import { Type, type Static, type TSchema } from 'typebox'
import { AuditExportQuery, AuditListRequest, AuditPage } from './audit.ts'
import type { ErrorCode } from './errors.ts'
import { Health } from './health.ts'
import { Metrics, Timeseries, TimeseriesQuery } from './metrics.ts'
import { MlVersion, ScoreAnswer, ScoreBatchAnswer, ScoreBatchRequest, ScoreRequest } from './ml.ts'
import { PublicAlert, PublicMetrics, PublicSmoke } from './public.ts'
import { ALERT_ROUTES } from './alert-routes.ts'
import { OPERATION_ROUTES } from './operation-routes.ts'
import { ROLLOUT_ROUTES } from './rollout-routes.ts'
import { TRIAGE_ROUTES } from './triage.ts'
import { TRADING_ROUTES } from './trading-routes.ts'

/**
 * Who may call: `public` anyone who reaches the port; `reader` anyone on this machine (the server listens on loopback)
 * or a token; `operator` a token, always.
 */
export type Access = 'public' | 'reader' | 'operator'

export interface Route {
  method: 'GET' | 'POST'
  path: string
  tag: 'health' | 'public' | 'scoring' | 'audit' | 'tools' | 'trading' | 'rollout' | 'alerts' | 'about'
  summary: string
  access: Access
  /** Parts of the path: `/api/strategies/:id/start`. */
  params?: TSchema
  query?: TSchema
  body?: TSchema
  /** True where `curl -d` without a content type must work: the body is read as JSON whatever its type says. */
  anyContentType?: true
  headers?: TSchema
  bodyLimitBytes?: number
  /** Media type of a 200 answer when it is not JSON. */
  produces?: string
  answer: TSchema
  errors: readonly ErrorCode[]
}

const REFUSED = ['bad_request', 'host_refused', 'origin_refused', 'too_many_requests', 'internal_error'] as const
const WITH_BODY = [...REFUSED, 'bad_json', 'body_too_large', 'storage_unavailable'] as const
const Text = Type.String()

/** Every route of the API; server, client and OpenAPI document are made from this table. */
export const ROUTES = {
  healthz: {
    method: 'GET',
    path: '/api/healthz',
    tag: 'health',
    summary: 'Whether the API can serve. 503 with ok false and the reason when storage cannot be written.',
    access: 'public',
    answer: Health,
    errors: [],
  },
  alertLast: {
    method: 'GET',
    path: '/api/public/alert/last',
    tag: 'public',
    summary: 'The newest alert; null when there was none.',
    access: 'public',
    answer: PublicAlert,
    errors: [],
  },
  publicMetrics: {
    method: 'GET',
    path: '/api/public/metrics',
    tag: 'public',
    summary: 'The figures of get_metrics, without secrets; DEMO with the last known ones while the executor is away.',
    access: 'public',
    answer: PublicMetrics,
    errors: [],
  },
  smokeLast: {
    method: 'GET',
    path: '/api/public/smoke-last',
    tag: 'public',
    summary: 'The result of the newest spark preflight.',
    access: 'public',
    answer: PublicSmoke,
    errors: [],
  },
  mlScore: {
    method: 'POST',
    path: '/api/ml/score',
    tag: 'scoring',
    summary: 'Scores one feature row. Fails closed with 200; the audit row is on disk before the answer leaves.',
    access: 'reader',
    body: ScoreRequest,
    anyContentType: true,
    headers: Type.Object({
      'x-test-guardrails': Type.Optional(Type.String({ description: 'p95=1600,err=0.03 rehearses a breach on this call' })),
    }),
    bodyLimitBytes: 65_536,
    answer: ScoreAnswer,
    errors: [...WITH_BODY, 'bad_rehearsal_header'],
  },
  mlScoreBatch: {
    method: 'POST',
    path: '/api/ml/score/batch',
    tag: 'scoring',
    summary: 'Scores up to 1,000 feature rows; answers in order.',
    access: 'operator',
    body: ScoreBatchRequest,
    bodyLimitBytes: 2_097_152,
    answer: ScoreBatchAnswer,
    errors: [...WITH_BODY, 'bad_rehearsal_header', 'unauthorized', 'unsupported_media_type'],
  },
  mlVersion: {
    method: 'GET',
    path: '/api/ml/version',
    tag: 'scoring',
    summary: 'Which feature schema, model and build answer.',
    access: 'reader',
    answer: MlVersion,
    errors: REFUSED,
  },
  auditList: {
    method: 'POST',
    path: '/api/audit/list',
    tag: 'audit',
    summary: 'Audit items, newest first.',
    access: 'reader',
    body: AuditListRequest,
    anyContentType: true,
    bodyLimitBytes: 16_384,
    answer: AuditPage,
    errors: [...WITH_BODY, 'invalid_cursor'],
  },
  auditExport: {
    method: 'GET',
    path: '/api/audit/export',
    tag: 'audit',
    summary: 'All matching audit items, oldest first, streamed.',
    access: 'reader',
    query: AuditExportQuery,
    produces: 'application/x-ndjson',
    answer: Text,
    errors: REFUSED,
  },
  getMetrics: {
    method: 'GET',
    path: '/api/tools/get_metrics',
    tag: 'tools',
    summary: 'What the gates read now: the trailing five minutes. error_rate in percent; null where there is no data.',
    access: 'reader',
    answer: Metrics,
    errors: REFUSED,
  },
  timeseries: {
    method: 'GET',
    path: '/api/tools/metrics/timeseries',
    tag: 'tools',
    summary: 'The same figures over time, at most 1,000 points, oldest first.',
    access: 'reader',
    query: TimeseriesQuery,
    answer: Timeseries,
    errors: REFUSED,
  },
  events: {
    method: 'GET',
    path: '/api/events',
    tag: 'tools',
    summary: 'Server-sent events: metrics, audit, order, rollout, breach, alert. Resumes after Last-Event-ID.',
    access: 'reader',
    produces: 'text/event-stream',
    answer: Text,
    errors: REFUSED,
  },
  ...TRADING_ROUTES,
  ...OPERATION_ROUTES,
  ...ROLLOUT_ROUTES,
  ...ALERT_ROUTES,
  ...TRIAGE_ROUTES,
  openapi: {
    method: 'GET',
    path: '/api/openapi.json',
    tag: 'about',
    summary: 'This description, OpenAPI 3.1.',
    access: 'reader',
    answer: Type.Record(Type.String(), Type.Unknown()),
    errors: [],
  },
  docs: {
    method: 'GET',
    path: '/api/docs',
    tag: 'about',
    summary: 'This description as a page.',
    access: 'reader',
    produces: 'text/html; charset=utf-8',
    answer: Text,
    errors: [],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    tag: 'about',
    summary: 'Prometheus text.',
    access: 'reader',
    produces: 'text/plain; version=0.0.4; charset=utf-8',
    answer: Text,
    errors: [],
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof ROUTES
type Of<Name extends RouteName, Key extends string> =
  (typeof ROUTES)[Name] extends Record<Key, infer S extends TSchema> ? Static<S> : undefined
export type BodyOf<Name extends RouteName> = Of<Name, 'body'>
export type QueryOf<Name extends RouteName> = Of<Name, 'query'>
export type ParamsOf<Name extends RouteName> = Of<Name, 'params'>
export type AnswerOf<Name extends RouteName> = Static<(typeof ROUTES)[Name]['answer']>

/** The table with its common type, for code that walks over all routes. */
export const ROUTE_LIST: ReadonlyArray<Route & { name: RouteName }> = Object.entries(ROUTES).map(([name, route]) => ({
  ...(route satisfies Route),
  name: name as RouteName,
}))
