import { GATE_NAMES } from '@spark/core/rollout/plan'
import { Type, type Static } from 'typebox'

const Ms = Type.Integer({ description: 'ms since 1970' })
const NullableMs = Type.Union([Ms, Type.Null()])
const NullableNumber = Type.Union([Type.Number(), Type.Null()])
const NullableText = Type.Union([Type.String(), Type.Null()])
const Share = Type.Number({ description: 'share of strategies and of capital, 0 to 1' })
const GateName = Type.Enum(GATE_NAMES)
export const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'kept in the audit' })

export const ROLLOUT_PHASES = ['preview', 'live', 'done', 'preview_only', 'rolled_back', 'killed', 'off'] as const
const Phase = Type.Enum(ROLLOUT_PHASES)

const Breach = {
  since: Ms,
  critical: Type.Boolean({ description: 'its hold was completed, or it came at once; else minor' }),
  fast: Type.Boolean(),
  worst: NullableNumber,
}

export const Gate = Type.Object({
  gate: GateName,
  value: NullableNumber,
  unit: Type.Enum(['ms', 's', 'percent', 'share of what is due', 'confidence', 'dead letters']),
  state: Type.Enum(['ok', 'warning', 'critical', 'no_data']),
  good: Type.Number({ description: 'up to here, and equal to it, all is good' }),
  critical: Type.Number({ description: 'beyond it is critical; equal to it is not' }),
  holdS: Type.Number({ description: 'how long critical must last' }),
  inBreachS: Type.Number({ description: 'length of the newest unbroken run of critical slices' }),
  breach: Type.Union([Type.Object(Breach), Type.Null()], { description: 'the episode that is not over' }),
  history: Type.String({
    description: 'newest verdicts, oldest first: O good, W warning, B critical, N no data, D controller down, X excluded',
  }),
})

const Step = Type.Object({
  name: Type.String(),
  share: Share,
  dwellS: Type.Number(),
  approval: Type.Boolean(),
  proven: Type.Boolean(),
})

/** Of a criterion that must hold throughout; absent where there is no such time. */
export const CRITERION_TIMES = {
  unknownS: Type.Optional(Type.Number({ description: 'for how long it was not known; then it is not met' })),
  unwatchedS: Type.Optional(Type.Number({ description: 'for how long the controller was down, which takes nothing away' })),
}

const Criterion = Type.Object({
  name: Type.String(),
  met: Type.Boolean(),
  value: NullableNumber,
  target: Type.String(),
  ...CRITERION_TIMES,
})

export const RolloutView = Type.Object({
  id: Type.String(),
  phase: Phase,
  phaseReason: Type.Union([Type.String(), Type.Null()], { description: 'null: by the plan' }),
  subState: Type.Enum(['soaking', 'holding', 'awaiting_approval', 'paused', 'ended']),
  reasons: Type.Array(Type.String(), { description: 'what it waits for, most important first' }),
  sentence: Type.String({ description: 'phase, what it waits for, when it goes on at the earliest, what would stop it' }),
  step: Type.Object({ index: Type.Integer(), name: Type.String() }),
  steps: Type.Array(Step),
  share: Type.Number({ description: 'what the step exposes now; 0 in preview' }),
  ceiling: Type.Number({ description: 'approved share; 0: preview' }),
  startedAt: Ms,
  startedBy: Type.String(),
  stepStartedAt: Ms,
  endedAt: NullableMs,
  dwell: Type.Object({
    servedS: Type.Number({ description: 'good time served in this step' }),
    neededS: Type.Number(),
    earliestAdvanceAt: Type.Union([Ms, Type.Null()], {
      description: 'if all stays good and what only people can give is there; null: there is no next step, or nobody can say',
    }),
  }),
  expectedEndAt: Type.Union([Ms, Type.Null()], { description: 'if every step goes on at its earliest' }),
  exposure: Type.Object({
    share: Type.Number({ description: 'of capital that acts on ML now' }),
    strategies: Type.Integer(),
    of: Type.Integer(),
    capital: Type.String({ description: 'decimal' }),
    ofCapital: Type.String({ description: 'decimal' }),
    leaseUntil: Type.Union([Ms, Type.Null()], {
      description: 'exposure ends then unless the controller renews it; null: nobody',
    }),
  }),
  epoch: Type.Integer(),
  mlOff: Type.Boolean(),
  watchedAt: Type.Integer({ description: 'when the controller decided last, ms; while that is too long ago gates are no_data' }),
  gates: Type.Array(Gate),
  scoresPerMinute: Type.Union(
    [Type.Object({ scored: Type.Number(), due: Type.Number(), good: Type.Number(), critical: Type.Number() }), Type.Null()],
    { description: 'what the gate score_rate judges as a share, in scores a minute; null: nothing was due' },
  ),
  breaches: Type.Object({
    inStep: Type.Integer(),
    total: Type.Integer(),
    critical: Type.Integer(),
    ended: Type.Array(Type.Object({ gate: GateName, ...Breach, endedAt: Ms }), { description: 'at most 20, oldest first' }),
  }),
  modifiers: Type.Array(Type.Object({ gate: GateName, kind: Type.Enum(['floor', 'poll']), amount: Type.Number() }), {
    description: 'counter-moves of the controller; taken back when their gate is clear',
  }),
  floor: Type.Object({ effective: Type.Number(), base: Type.Number() }),
  pollIntervalMs: Type.Object({ effective: Type.Integer(), base: Type.Integer() }),
  paused: Type.Union([Type.Object({ by: Type.String(), since: Ms }), Type.Null()]),
  approval: Type.Union([Type.Object({ by: Type.String(), at: Ms, until: Ms }), Type.Null()]),
  override: Type.Union([Type.Object({ by: Type.String(), second: Type.String(), reason: Type.String(), at: Ms }), Type.Null()]),
  planDigest: Type.String(),
  model: Type.Object({ version: Type.String(), hash: Type.String() }),
  verdict: Type.Enum(['unproven', 'proven', 'loses_after_costs', 'worse_than_baseline']),
  cooldownUntil: Type.Union([Ms, Type.Null()], { description: 'no new rollout before then' }),
  successCriteria: Type.Union([Type.Array(Criterion), Type.Null()], {
    description: 'while 100 % is live, and when done; a miss is not softened',
  }),
})
export type RolloutView = Static<typeof RolloutView>

export const NoRollout = Type.Object({ id: Type.Null(), phase: Type.Literal('none'), sentence: Type.String() })
export const RolloutAnswer = Type.Union([RolloutView, NoRollout])
export type RolloutAnswer = Static<typeof RolloutAnswer>

export const RolloutHistory = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      phase: Phase,
      phaseReason: NullableText,
      startedAt: Ms,
      startedBy: Type.String(),
      endedAt: NullableMs,
      share: Type.Number({ description: 'highest share that acted on ML' }),
      model: Type.String(),
      planDigest: Type.String(),
      strategies: Type.Integer(),
      capital: Type.String({ description: 'decimal' }),
      breaches: Type.Object({ total: Type.Integer(), critical: Type.Integer() }),
    }),
    { description: 'newest first, at most 100' },
  ),
})
export type RolloutHistory = Static<typeof RolloutHistory>

export const BreachList = Type.Object({
  items: Type.Array(
    Type.Object({
      rollout: Type.String(),
      gate: GateName,
      ...Breach,
      endedAt: Type.Union([Ms, Type.Null()], { description: 'null: it is not over' }),
      durationS: Type.Number(),
      threshold: Type.Number({ description: 'critical level of the gate' }),
    }),
    { description: 'newest first; of the newest 100 rollouts, of each the newest 20 that are over' },
  ),
})

export const Slo = Type.Object({
  windowS: Type.Integer(),
  sealedAt: NullableMs,
  items: Type.Array(
    Type.Object({
      name: Type.Enum(['p95_ms', 'staleness_s', 'error_rate', 'ml_score_per_min', 'confid_median', 'dlq_size']),
      gate: GateName,
      value: Type.Union([Type.Number(), Type.Null()], { description: 'as in get_metrics' }),
      good: NullableNumber,
      critical: NullableNumber,
      holdS: Type.Number(),
      state: Type.Enum(['ok', 'warning', 'critical', 'no_data']),
    }),
  ),
})
export type Slo = Static<typeof Slo>

const Confirm = Type.String({ description: 'the word of the command, typed' })
const closed = { additionalProperties: false } as const
const CeilingText = Type.String({ pattern: '^(preview|[01](\\.\\d+)?)$', description: 'preview, or a share from 0.1 to 1.0' })

export const RolloutStart = Type.Object(
  {
    reason: Reason,
    ceiling: Type.Optional(CeilingText),
    model: Type.Optional(
      Type.String({ maxLength: 64, description: 'version; default: by ML_SIGNAL_WEIGHTS, else the champion' }),
    ),
    id: Type.Optional(
      Type.String({
        pattern: '^rollout-[1-9]\\d{0,8}$',
        description:
          'the id it must get, refused when it was used before or is not the next one: a start said twice begins one rollout',
      }),
    ),
  },
  closed,
)
export const RolloutPromote = Type.Object({ reason: Reason, share: Type.Number({ minimum: 0.1, maximum: 1 }) }, closed)
export const RolloutSay = Type.Object({ reason: Reason }, closed)
export const RolloutRollback = Type.Object({ reason: Reason, confirm: Confirm }, closed)
export const RolloutOverride = Type.Object({ reason: Reason, confirm: Confirm }, closed)
export const OverrideAsked = Type.Object({
  id: Type.String(),
  rollout: Type.String(),
  by: Type.String({ description: 'who asked; somebody else must agree' }),
  reason: Type.String(),
  askedAt: Ms,
  expiresAt: Ms,
})
export type OverrideAsked = Static<typeof OverrideAsked>
export const OverrideWaiting = Type.Object({ asked: Type.Union([OverrideAsked, Type.Null()]) })
export const OverrideAgree = Type.Object({ confirm: Confirm }, closed)

export const RolloutCommanded = Type.Object({
  decision: Type.String(),
  reasons: Type.Array(Type.String()),
  epoch: Type.Union([Type.Integer(), Type.Null()], { description: 'the one that a fence began; null: there was none' }),
  onTheWire: Type.Array(Type.String(), {
    description: 'client order ids of ML entries at the venue, or on the way, when the fence closed',
  }),
  tookMs: Type.Number({ description: 'from the request to the commit' }),
  rollout: RolloutView,
})
export type RolloutCommanded = Static<typeof RolloutCommanded>

const SettingText = Type.Optional(Type.String({ maxLength: 100 }))
export const SettingsApply = Type.Object(
  {
    values: Type.Object(
      {
        FEATURE_ML_SCORING: SettingText,
        ML_CONFID_FLOOR: SettingText,
        ML_SIGNAL_WEIGHTS: SettingText,
        POLL_INTERVAL_MS: SettingText,
      },
      { ...closed, minProperties: 1, description: 'as they stand in the environment' },
    ),
    reason: Reason,
  },
  closed,
)
export const SettingsApplied = Type.Object({
  changes: Type.Array(Type.Object({ name: Type.String(), before: Type.String(), after: Type.String() })),
  notes: Type.Array(Type.String(), { description: 'what it means for the rollout' }),
  epoch: RolloutCommanded.properties.epoch,
  onTheWire: RolloutCommanded.properties.onTheWire,
})
export type SettingsApplied = Static<typeof SettingsApplied>
