import { Type, type Static, type TSchema } from 'typebox'
import { GATE_NAMES } from '@spark/core/rollout/plan'
import { CRITERION_TIMES } from './rollout.ts'
import { Limit, Reason } from './trading.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Figure = nullable(Type.Number({ description: 'null: nothing was measured' }))
const Share = Type.Number({ description: '0 to 1' })
const Gate = Type.Enum(GATE_NAMES)
const Kind = Type.Enum(['day', 'last', 'rollout'], {
  description: 'a day in UTC, the 24 hours before somebody asked, or the phase that a rollout is or ended in',
})
const byPart = <T extends TSchema>(schema: T) => Type.Object({ rsi: schema, macd: schema, trend: schema })

export const REPORT_FORMATS = ['json', 'md', 'html'] as const
export const REPORT_LANGUAGES = ['tr', 'en'] as const
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number]

const Breach = Type.Object({
  rollout: Type.String(),
  gate: Gate,
  sinceMs: Ms,
  endMs: nullable(Type.Integer({ description: 'ms; null: open at the end of the period' })),
  critical: Type.Boolean(),
  fast: Type.Boolean({ description: 'critical at once, far beyond the level' }),
  worst: Figure,
  threshold: Type.Number({ description: 'beyond it is critical' }),
  durationS: Type.Number(),
})

const Measurement = {
  p95Ms: Figure,
  stalenessMaxS: Figure,
  errorRatePercent: Figure,
  confidMedian: Figure,
  deadLettersMax: Figure,
}

const Hour = Type.Object({ fromMs: Ms, scores: Type.Integer() })

const Measures = {
  coverage: Type.Object({ slices: Type.Integer(), slicesDue: Type.Integer({ description: 'slices of 30 s in the period' }) }),
  summary: Type.Object({
    ...Measurement,
    hitRatePercent: nullable(Type.Number({ description: 'scores answered ok ÷ polls due' })),
    criticalPerDay: nullable(Type.Number({ description: 'critical breaches for 24 hours; null: some may be missing' })),
    minorPerDay: nullable(Type.Number()),
  }),
  bands: Type.Array(
    Type.Object({
      gate: Gate,
      good: Type.Number(),
      critical: Type.Number(),
      goodMs: Type.Integer(),
      warningMs: Type.Integer(),
      criticalMs: Type.Integer(),
      noDataMs: Type.Integer(),
    }),
    { description: 'how long each figure was where, as the gates judge: the trailing five minutes at each slice' },
  ),
  scores: Type.Object({
    due: Type.Integer({ description: 'polls' }),
    ok: Type.Integer(),
    failed: Type.Integer(),
    perMinute: Type.Number({ description: 'over the whole period' }),
    peakHour: nullable(Hour),
    hours: Type.Array(Hour),
  }),
  series: Type.Object({
    stepMs: Type.Integer(),
    points: Type.Array(Type.Object({ fromMs: Ms, ...Measurement, scoresPerMinute: Figure })),
  }),
}

const Learned = {
  calibration: Type.Object(
    {
      labels: Type.Integer(),
      hits: Type.Integer(),
      buckets: Type.Array(
        Type.Object({
          bucket: Type.Number({ description: 'lower end, of ten' }),
          labels: Type.Integer(),
          hits: Type.Integer(),
          hitRate: Share,
          low: Type.Number({ description: 'Wilson, 95 %: for reading; nothing may be decided by it' }),
          high: Type.Number(),
        }),
      ),
    },
    { description: 'of the labels that ended in the period' },
  ),
  balance: Type.Object(
    {
      buckets: Type.Array(Type.Object({ bucket: Type.Number(), count: Type.Integer() })),
      verdict: nullable(Type.Enum(['balanced', 'skewed', 'piled'])),
    },
    { description: 'of the confidences of all scores' },
  ),
  parts: Type.Object({
    labels: Type.Integer(),
    shares: nullable(Type.Object(byPart(Share).properties, { description: 'of |weight · part|; a third each when balanced' })),
    withOutcome: Type.Object(byPart(Figure).properties, { description: 'correlation with the move until the label ended' }),
    balance: nullable(Type.Enum(['balanced', 'dominant', 'overruling'], { description: 'up to 60 %, up to 80 %, beyond' })),
  }),
}

const Decision = Type.Object({
  id: Type.String({ description: 'of its row in the audit' }),
  ts: Ms,
  action: Type.String(),
  actor: Type.String(),
  rollout: nullable(Type.String()),
  decision: nullable(Type.String()),
  reasons: Type.Array(Type.String()),
  share: nullable(Type.Number()),
})

const Conclusions = {
  breaches: Type.Object({
    critical: Type.Integer({ description: 'at least, when part_breaches is missing' }),
    minor: Type.Integer(),
    autoPause: Type.Boolean({ description: 'the controller or a risk limit stepped in by itself' }),
    autoPausedStrategies: Type.Integer({ description: 'that a risk limit paused in the period, once or more often' }),
    top: Type.Array(Breach, { description: 'at most three: critical ones, then the longest' }),
  }),
  actions: Type.Object({
    taken: Type.Array(Decision, { description: 'oldest first, the newest 200' }),
    more: Type.Optional(Type.Integer({ description: 'older ones, which the evidence has; not there: none' })),
    proposed: Type.Array(
      Type.Object({
        code: Type.Enum(['roll_back', 'preview_only', 'raise_floor', 'no_op', 'watch']),
        gate: nullable(Gate),
        floor: nullable(Type.Number()),
      }),
    ),
  }),
  next: Type.Object({
    code: Type.Enum(['start', 'advance', 'raise_ceiling', 'return', 'new_rollout', 'calibrate']),
    share: nullable(Share),
  }),
  success: Type.Array(
    Type.Object({
      name: Type.Enum([
        'p95',
        'staleness',
        'error_rate',
        'score_rate',
        'confid_median',
        'breaches',
        'dead_letters',
        'balance',
        'collection',
      ]),
      met: Type.Boolean(),
      value: Figure,
      target: Type.String(),
      ...CRITERION_TIMES,
    }),
  ),
  missing: Type.Array(Type.Enum(['no_slices', 'part_measured', 'part_breaches', 'no_labels', 'no_rollout', 'collection_off'])),
}

/** The 24-hour report of the playbook, every blank of it. */
export const ReportDocument = Type.Object({
  version: Type.Literal(1),
  id: Type.String(),
  period: Type.Object({ kind: Kind, fromMs: Ms, toMs: Ms, hours: Type.Number() }),
  prepared: Type.Object({ ms: Ms, by: Type.String() }),
  build: Type.Object({ version: Type.String(), sha: Type.String() }),
  featureVersion: Type.String(),
  model: Type.Object({ version: Type.String(), hash: Type.String() }),
  rollout: nullable(
    Type.Object(
      {
        id: Type.String(),
        phase: Type.Enum(['preview', 'live', 'done', 'preview_only', 'rolled_back', 'killed', 'off']),
        step: Type.String(),
        share: Share,
        ceiling: Share,
        startedMs: Ms,
      },
      { description: 'as it stood at the end of the period' },
    ),
  ),
  ...Measures,
  ...Learned,
  ...Conclusions,
})
export type ReportDocument = Static<typeof ReportDocument>

const Signature = Type.Object({ as: Type.Enum(['reviewed', 'approved']), by: Type.String(), at: Ms })

export const ReportView = Type.Object({
  id: Type.String(),
  kind: Kind,
  fromMs: Ms,
  toMs: Ms,
  askedBy: Type.String(),
  askedAt: Ms,
  state: Type.Enum(['waiting', 'done', 'failed'], { description: 'failed: said tells why, and it may be asked for again' }),
  said: nullable(Type.String()),
  endedAt: nullable(Ms),
  evidence: nullable(Type.Object({ bytes: Type.Integer(), sha256: Type.String() })),
  signatures: Type.Array(Signature),
})
export type ReportView = Static<typeof ReportView>

export const ReportList = Type.Object({ items: Type.Array(ReportView, { description: 'newest first' }) })
export const ReportListQuery = Type.Object({ limit: Type.Optional(Limit) }, { additionalProperties: false })

export const ReportAsk = Type.Object(
  {
    kind: Kind,
    day: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'of kind day: one that is over, like 2026-01-31; UTC' }),
    ),
    rollout: Type.Optional(Type.String({ maxLength: 64, description: 'of kind rollout: its id' })),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)
export type ReportAsk = Static<typeof ReportAsk>

export const ReportAsked = Type.Object({ id: Type.String({ description: 'of the period: asked for twice, it is made once' }) })

export const ReportQuery = Type.Object(
  {
    format: Type.Optional(Type.Enum(REPORT_FORMATS, { description: 'default json; md and html are files to save' })),
    lang: Type.Optional(Type.Enum(REPORT_LANGUAGES, { description: 'of md and html, default en' })),
  },
  { additionalProperties: false },
)

export const ReportAnswer = Type.Object({
  view: ReportView,
  report: nullable(ReportDocument),
})
export type ReportAnswer = Static<typeof ReportAnswer>
