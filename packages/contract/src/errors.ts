import { Type, type Static } from 'typebox'

interface CatalogueEntry {
  /** HTTP status of an answer with this error; 200 where the answer itself is the closed score. */
  status: number
  /** What it means, in one plain sentence. */
  title: string
  /** What the reader should do next. */
  next: string
}

/** Every error Spark answers with. Codes never change meaning; documentation is generated from here. */
export const ERRORS = {
  // The score is answered closed (HTTP 200): spec "Fail closed".
  invalid_feature: {
    status: 200,
    title: 'The feature row holds a value that cannot be right.',
    next: 'Read guardrails.reasons and the audit row; send finite numbers with l <= min(o, c) and h >= max(o, c).',
  },
  features_missing: {
    status: 200,
    title: 'The feature row lacks an indicator.',
    next: 'Send rsi_14, macd_hist, ema_20 and ema_50; nothing is scored before 250 candles of a stream.',
  },
  stale_feature: {
    status: 200,
    title: 'The candle of the feature row closed more than one timeframe ago.',
    next: 'Compare the clocks of sender and server; GET /health of the executor shows the age of its feed.',
  },
  model_unavailable: {
    status: 200,
    title: 'The model is missing, expired, or its document does not match its hash.',
    next: 'See GET /api/ml/version and spark doctor; name a model version that is stored.',
  },
  guardrail_error: {
    status: 200,
    title: 'A guardrail check failed to run, so the answer is closed.',
    next: 'Report it with the trace id: it is a defect in Spark.',
  },
  // The request is refused.
  bad_json: { status: 400, title: 'The body is not valid JSON.', next: 'Send one JSON object; check quotes and commas.' },
  bad_request: {
    status: 400,
    title: 'The request does not have the shape this route takes.',
    next: 'Compare it with GET /api/docs; detail names the place.',
  },
  setup_link_refused: {
    status: 400,
    title: 'The set-up link is wrong, used or expired.',
    next: 'Ask an administrator for another, or run spark users setup-link NAME on the machine.',
  },
  password_refused: {
    status: 400,
    title: 'The password is too easy to guess.',
    next: 'detail says why; a few unusual words in a row are good.',
  },
  bad_rehearsal_header: {
    status: 400,
    title: 'The header x-test-guardrails cannot be read.',
    next: 'Write it like x-test-guardrails: p95=1600,err=0.03 (milliseconds, fraction) with stale= in seconds.',
  },
  invalid_cursor: {
    status: 400,
    title: 'The cursor is not one that this list gave.',
    next: 'Start again without cursor and pass nextCursor on unchanged.',
  },
  unauthorized: {
    status: 401,
    title: 'This route changes state or shows private data, and needs a session or a token.',
    next: 'Sign in; or send Authorization: Bearer with a token of your own, or the one in operator.token of the data directory, as the spark command does by itself.',
  },
  sign_in_refused: {
    status: 401,
    title: 'Name and password do not belong together, or the account cannot sign in.',
    next: 'Type both again; an administrator can send another set-up link, as can spark users setup-link NAME on the machine.',
  },
  forbidden: {
    status: 403,
    title: 'Your role, or your token, does not include this.',
    next: 'Ask somebody who has the permission that detail names, or an administrator for the role.',
  },
  step_up_needed: {
    status: 403,
    title: 'This needs your password again.',
    next: 'POST /api/session/confirm with the password, then send the request again within 10 minutes; a token cannot.',
  },
  csrf_header_missing: {
    status: 403,
    title: 'A session changes something only with the header that pages of other origins cannot send.',
    next: 'Send the header x-spark-request: 1.',
  },
  second_person_needed: {
    status: 403,
    title: 'Who asked for an override cannot agree to it.',
    next: 'Another person with the permission canOverride must agree.',
  },
  origin_refused: {
    status: 403,
    title: 'The request comes from a page of another origin.',
    next: 'Open the dashboard under the address of the API, or call without a browser.',
  },
  host_refused: {
    status: 421,
    title: 'The Host header does not name this server.',
    next: 'Use localhost or 127.0.0.1, or add the name to SPARK_ALLOWED_HOSTS.',
  },
  not_found: { status: 404, title: 'There is no such route.', next: 'GET /api/docs lists the routes.' },
  unknown_id: {
    status: 404,
    title: 'There is nothing with this id.',
    next: 'List what there is (GET /api/strategies, GET /api/queue/dlq) and use an id from there; it may be gone already.',
  },
  id_taken: {
    status: 409,
    title: 'There is something else with this id already.',
    next: 'Use another id, or change the one that is there (POST /api/strategies/ID).',
  },
  last_administrator: {
    status: 409,
    title: 'Nobody would be left who can manage people.',
    next: 'Make somebody else administrator first, who has a password.',
  },
  too_many_things: {
    status: 409,
    title: 'There are as many of these as there may be.',
    next: 'Remove some first; the limit stands in detail.',
  },
  alert_over: {
    status: 409,
    title: 'The alert is resolved already.',
    next: 'List what fires (GET /api/alerts?state=open); raised again, it has a state to change.',
  },
  confirmation_missing: {
    status: 400,
    title: 'What cannot be taken back must be typed twice.',
    next: 'Send confirm with exactly the text that detail names.',
  },
  no_rollout: {
    status: 404,
    title: 'There is no rollout yet.',
    next: 'Start one: spark rollout start, or POST /api/rollout/start.',
  },
  rollout_refused: {
    status: 409,
    title: 'The rollout does not allow this now.',
    next: 'detail holds the reason, or the arithmetic; GET /api/rollout shows where the rollout stands.',
  },
  model_refused: {
    status: 409,
    title: 'The model cannot be used for this.',
    next: 'detail says why: expired, damaged, or champion already; GET /api/models lists every version with its state.',
  },
  setting_refused: {
    status: 400,
    title: 'A setting has a value that it cannot have; none was applied.',
    next: 'detail names each setting and what would be right.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The route exists, but not with this method.',
    next: 'See the Allow header and GET /api/docs.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is larger than this route takes.',
    next: 'Send less at once; the limit stands in detail.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This route takes application/json only.',
    next: 'Send the header content-type: application/json.',
  },
  sign_in_wait: {
    status: 429,
    title: 'Too many sign-ins failed, or too many are being checked.',
    next: 'Wait for the seconds in Retry-After; on the machine itself the spark command works meanwhile.',
  },
  too_many_requests: { status: 429, title: 'Too many requests from this address.', next: 'Wait for the seconds in Retry-After.' },
  header_too_large: { status: 431, title: 'The headers of the request are too large.', next: 'Send fewer or shorter headers.' },
  request_timeout: { status: 408, title: 'The request did not arrive in time.', next: 'Send it again, faster.' },
  storage_unavailable: {
    status: 503,
    title: 'Storage cannot be written, so nothing is answered that could not be proved afterwards.',
    next: 'GET /api/healthz and spark doctor name the reason (disk full, locked, read-only); Spark goes on by itself when it is gone.',
  },
  internal_error: {
    status: 500,
    title: 'Spark failed where it should not.',
    next: 'Report it with the trace id; the log line with that id holds the cause.',
  },
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof ERRORS

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}

/** RFC 9457 problem details, with Spark's stable code twice: `code`, and `_err` as on audit items. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:spark:error:<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'stable code from the error catalogue' }),
    _err: Type.String({ description: 'the same code' }),
    detail: Type.Optional(Type.String({ description: 'what exactly was wrong this time' })),
    next: Type.String({ description: 'what to do next' }),
    traceId: Type.String(),
  },
  { description: 'RFC 9457 problem details' },
)
export type Problem = Static<typeof Problem>

export function problem(code: ErrorCode, traceId: string, detail?: string): Problem {
  const entry = ERRORS[code]
  const body: Problem = {
    type: `urn:spark:error:${code}`,
    title: entry.title,
    status: entry.status,
    code,
    _err: code,
    next: entry.next,
    traceId,
  }
  if (detail !== undefined) body.detail = detail
  return body
}
