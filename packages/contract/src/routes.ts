import { Type, type Static, type TSchema } from 'typebox'
import { StrategyCommand, Done } from './trading.ts'
import { AuditExportQuery, AuditListRequest, AuditPage } from './audit.ts'
import type { ErrorCode } from './errors.ts'
import { Health } from './health.ts'
import { CandleList, CandleQuery, Installation } from './installation.ts'
import { Metrics, Timeseries, TimeseriesQuery } from './metrics.ts'
import { MlVersion, ScoreAnswer, ScoreBatchAnswer, ScoreBatchRequest, ScoreRequest } from './ml.ts'
import { PublicAlert, PublicMetrics, PublicSmoke } from './public.ts'
import { ACCOUNT_ROUTES } from './account-routes.ts'
import { ALERT_ROUTES } from './alert-routes.ts'
import { CALIBRATION_ROUTES } from './calibration-routes.ts'
import { isPermission, needsStepUp, type Permission } from './permissions.ts'
import { MODEL_ROUTES } from './model-routes.ts'
import { OPERATION_ROUTES } from './operation-routes.ts'
import { OPTIMIZATION_ROUTES } from './optimization-routes.ts'
import { REHEARSAL_ROUTES } from './rehearsal-routes.ts'
import { REPORT_ROUTES } from './report-routes.ts'
import { ROLLOUT_ROUTES } from './rollout-routes.ts'
import { TRIAGE_ROUTES } from './triage.ts'
import { TRADING_ROUTES } from './trading-routes.ts'

/**
 * Who may call: `public` anyone who reaches the port, at any rate; `entrance` anyone, to sign in; `session` whoever is signed
 * in; else who has the permission (permissions.ts).
 */
export type Access = 'public' | 'entrance' | 'session' | Permission

export interface Route {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  tag:
    | 'health'
    | 'public'
    | 'scoring'
    | 'audit'
    | 'tools'
    | 'trading'
    | 'rollout'
    | 'alerts'
    | 'calibration'
    | 'models'
    | 'reports'
    | 'accounts'
    | 'about'
  summary: string
  access: Access
  /** What it takes besides when what is named belongs to another person. */
  others?: Permission
  /** What it takes besides when the body says `mode: live`. */
  armedBy?: Permission
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
  /** Beside those of its access: errorsOf. */
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
    access: 'canScore',
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
    access: 'canScoreBatch',
    body: ScoreBatchRequest,
    bodyLimitBytes: 2_097_152,
    answer: ScoreBatchAnswer,
    errors: [...WITH_BODY, 'bad_rehearsal_header', 'unsupported_media_type'],
  },
  mlVersion: {
    method: 'GET',
    path: '/api/ml/version',
    tag: 'scoring',
    summary: 'Which feature schema, model and build answer.',
    access: 'canRead',
    answer: MlVersion,
    errors: REFUSED,
  },
  auditList: {
    method: 'POST',
    path: '/api/audit/list',
    tag: 'audit',
    summary: 'Audit items, newest first.',
    access: 'canRead',
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
    access: 'canRead',
    query: AuditExportQuery,
    produces: 'application/x-ndjson',
    answer: Text,
    errors: REFUSED,
  },
  auditVerify: {
    method: 'POST',
    path: '/api/audit/verify',
    tag: 'audit',
    summary:
      'Has the audit verified now, by the job integrity. One that waits or runs is not started twice; GET /api/jobs says how it ended.',
    access: 'canVerify',
    body: StrategyCommand,
    answer: Done,
    errors: [...WITH_BODY, 'unsupported_media_type'],
  },
  getMetrics: {
    method: 'GET',
    path: '/api/tools/get_metrics',
    tag: 'tools',
    summary: 'What the gates read now: the trailing five minutes. error_rate in percent; null where there is no data.',
    access: 'canRead',
    answer: Metrics,
    errors: REFUSED,
  },
  timeseries: {
    method: 'GET',
    path: '/api/tools/metrics/timeseries',
    tag: 'tools',
    summary: 'The same figures over time, at most 1,000 points, oldest first.',
    access: 'canRead',
    query: TimeseriesQuery,
    answer: Timeseries,
    errors: REFUSED,
  },
  installation: {
    method: 'GET',
    path: '/api/installation',
    tag: 'tools',
    summary: 'What this installation is: its time, market and venue, and why no real-money order can come from ML now.',
    access: 'canRead',
    answer: Installation,
    errors: REFUSED,
  },
  candles: {
    method: 'GET',
    path: '/api/candles',
    tag: 'tools',
    summary: 'The newest closed candles of a stream, oldest first.',
    access: 'canRead',
    query: CandleQuery,
    answer: CandleList,
    errors: [...REFUSED, 'storage_unavailable'],
  },
  events: {
    method: 'GET',
    path: '/api/events',
    tag: 'tools',
    summary: 'Server-sent events: metrics, audit, order, rollout, breach, alert. Resumes after Last-Event-ID.',
    access: 'canRead',
    produces: 'text/event-stream',
    answer: Text,
    errors: REFUSED,
  },
  ...TRADING_ROUTES,
  ...OPERATION_ROUTES,
  ...ROLLOUT_ROUTES,
  ...REHEARSAL_ROUTES,
  ...OPTIMIZATION_ROUTES,
  ...ALERT_ROUTES,
  ...CALIBRATION_ROUTES,
  ...MODEL_ROUTES,
  ...REPORT_ROUTES,
  ...TRIAGE_ROUTES,
  ...ACCOUNT_ROUTES,
  openapi: {
    method: 'GET',
    path: '/api/openapi.json',
    tag: 'about',
    summary: 'This description, OpenAPI 3.1.',
    access: 'canRead',
    answer: Type.Record(Type.String(), Type.Unknown()),
    errors: [],
  },
  docs: {
    method: 'GET',
    path: '/api/docs',
    tag: 'about',
    summary: 'This description as a page.',
    access: 'canRead',
    produces: 'text/html; charset=utf-8',
    answer: Text,
    errors: [],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    tag: 'about',
    summary: 'Prometheus text.',
    access: 'canRead',
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

/** Everything that a route may be refused with: by whoever may not call it, and by itself. */
export function errorsOf({ method, access, others, armedBy, errors }: Route): readonly ErrorCode[] {
  if (access === 'public' || access === 'entrance') return errors
  const permissions = [access, others, armedBy].filter((one) => one !== undefined && isPermission(one))
  return [
    ...errors,
    'unauthorized',
    'forbidden',
    ...(method === 'GET' ? [] : (['csrf_header_missing'] as const)),
    ...(permissions.some((one) => needsStepUp(one)) ? (['step_up_needed'] as const) : []),
  ]
}
