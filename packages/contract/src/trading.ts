import { ORDER_STATES } from '@spark/core/trading/order'
export { ORDER_STATES } from '@spark/core/trading/order'
export type { PositionDecision } from '@spark/core/trading/decide-position'
export type { RiskCode } from '@spark/core/trading/risk'
import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { Type, type Static, type TSchema } from 'typebox'

/** Limits of the order path, as config/spark.yaml names them. */
export const RISK_LIMIT_NAMES = [
  'allowedSymbols',
  'priceCollarPercent',
  'maxPriceAgeS',
  'maxOrderNotional',
  'maxStrategyNotional',
  'maxTotalNotional',
  'maxOrdersPerMinute',
  'maxCancelsPerMinute',
  'maxRepeats',
  'repeatWindowS',
  'maxDailyLoss',
  'maxDrawdownPercent',
] as const
export type RiskLimitName = (typeof RISK_LIMIT_NAMES)[number]

export const Id = Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:+/-]+$' })
const Decimal = Type.String({ description: 'plain decimal' })
const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Arm = Type.Union([Type.Literal('ml'), Type.Literal('baseline')], { description: 'the rule that opened the position' })
const Side = Type.Union([Type.Literal('buy'), Type.Literal('sell')])
export const Limit = Type.String({ pattern: '^[1-9]\\d{0,4}$', description: '1 to 10000, default 100' })

export const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'why, kept in the audit' })

export const IdParams = Type.Object({ id: Id }, { additionalProperties: false })

export const StrategyView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  symbol: Type.String(),
  tf: Type.Enum(TIMEFRAMES),
  capital: Decimal,
  mode: Type.Union([Type.Literal('paper'), Type.Literal('live')]),
  status: Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('stopped')]),
  baseline: Type.Literal('ema_cross', { description: 'sign of ema_20 - ema_50' }),
  exposed: Type.Boolean({ description: 'acts on ML' }),
  pauseReason: nullable(Type.String({ description: 'why it was paused' })),
  decidedTs: Type.Integer({ description: 'open time of the candle it decided on last, ms; 0 before the first' }),
})
export type StrategyView = Static<typeof StrategyView>
export const StrategyList = Type.Object({ items: Type.Array(StrategyView, { description: 'by id' }) })

export const StrategyCommand = Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false })

export const OrderView = Type.Object({
  intentId: Type.String(),
  clientOrderId: Type.String(),
  strategyId: Type.String(),
  symbol: Type.String(),
  side: Side,
  purpose: Type.Union([Type.Literal('enter'), Type.Literal('exit'), Type.Literal('flatten')]),
  arm: Arm,
  venue: Type.String(),
  quantity: Decimal,
  filledQuantity: Decimal,
  referencePrice: Decimal,
  state: Type.Enum(ORDER_STATES),
  reason: nullable(Type.String({ description: 'stable code of why it ended without a fill, or waits' })),
  epoch: Type.Integer(),
  candleTs: Ms,
  validUntil: Ms,
  createdAt: Ms,
  sendingAt: nullable(Ms),
  changedAt: Ms,
  traceId: Type.String(),
})
export type OrderView = Static<typeof OrderView>
export const OrderQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(ORDER_STATES)),
    strategyId: Type.Optional(Id),
    symbol: Type.Optional(Type.String({ maxLength: 20 })),
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: 'nextCursor of the page before' })),
  },
  { additionalProperties: false },
)
export const OrderPage = Type.Object({
  items: Type.Array(OrderView, { description: 'newest first' }),
  nextCursor: nullable(Type.String()),
})

export const FillView = Type.Object({
  venue: Type.String({ description: 'the venue, or inside: opposite orders of two strategies met' }),
  symbol: Type.String(),
  fillId: Type.String(),
  intentId: Type.String(),
  strategyId: Type.String(),
  arm: Arm,
  side: Side,
  quantity: Decimal,
  price: Decimal,
  fee: Decimal,
  feeAsset: Type.String(),
  realized: Type.String({ description: 'profit made real, quote units, after fees' }),
  ts: Ms,
})
export type FillView = Static<typeof FillView>
export const FillQuery = Type.Object(
  {
    strategyId: Type.Optional(Id),
    symbol: Type.Optional(Type.String({ maxLength: 20 })),
    from: Type.Optional(Type.String({ maxLength: 40, description: 'time, inclusive' })),
    to: Type.Optional(Type.String({ maxLength: 40, description: 'time, exclusive' })),
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Type.String({ maxLength: 300, description: 'nextCursor of the page before' })),
    format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')], { description: 'default json' })),
  },
  { additionalProperties: false },
)
export const FillPage = Type.Object({
  items: Type.Array(FillView, { description: 'newest first' }),
  nextCursor: nullable(Type.String({ description: 'of a CSV answer it is the header x-next-cursor' })),
})

export const PositionView = Type.Object({
  strategyId: Type.String(),
  symbol: Type.String(),
  arm: Arm,
  quantity: Decimal,
  averagePrice: Type.String({ description: 'cost per base unit, fees included' }),
  openedAt: Ms,
  reduceOnly: Type.Boolean({ description: 'handed over: only ever closed' }),
})
const ProfitView = Type.Object({
  strategyId: Type.String(),
  arm: Arm,
  realized: Type.String({ description: 'quote units, after fees' }),
  fees: Decimal,
  fills: Type.Integer(),
})
export const PositionList = Type.Object({
  items: Type.Array(PositionView, { description: 'what is held, by strategy' }),
  profits: Type.Array(ProfitView, { description: 'by strategy and arm, of everything so far' }),
})

export const EarnedQuery = Type.Object(
  { from: Type.Optional(Type.String({ maxLength: 40, description: 'time, inclusive; default: the beginning' })) },
  { additionalProperties: false },
)
export const EarnedList = Type.Object({
  from: Ms,
  items: Type.Array(
    Type.Object({
      strategyId: Type.String(),
      arm: Arm,
      realized: Type.String({ description: 'quote units, after fees' }),
      closes: Type.Integer({ description: 'fills that closed something' }),
    }),
    { description: 'by strategy and arm; those that closed nothing are left out' },
  ),
})

export const EquityQuery = Type.Object(
  {
    scope: Type.Optional(
      Type.String({
        maxLength: 140,
        pattern: '^(total|arm:(ml|baseline)|strategy:.+)$',
        description: 'total (default), arm:NAME or strategy:ID',
      }),
    ),
    from: Type.Optional(Type.String({ maxLength: 40, description: 'time; default: 24 hours before the newest' })),
  },
  { additionalProperties: false },
)
export const EquityCurve = Type.Object({
  scope: Type.String(),
  points: Type.Array(Type.Object({ ts: Ms, equity: Decimal, realized: Decimal, unrealized: Decimal, fees: Decimal }), {
    description: 'oldest first, at most 10,000: one a minute in total and by arm, one an hour by strategy; quote units',
  }),
})

export const RiskView = Type.Object({
  epoch: Type.Integer(),
  mlOff: Type.Boolean(),
  leaseUntil: Type.Integer({ description: 'ML orders that increase risk are sent until then, ms; the controller renews it' }),
  killSwitches: Type.Array(Type.Object({ scope: Type.String(), reason: Type.String(), actor: Type.String(), setAt: Ms })),
  venue: Type.Object({
    name: Type.String(),
    haltedReason: nullable(Type.String()),
    entriesStoppedReason: nullable(
      Type.String({ description: 'why no order increases risk while exits work: the clock stepped; null: they may' }),
    ),
    reconciledAt: nullable(Ms),
    protection: Type.Literal('none', {
      description: 'there are no protective stops at the venue: nothing protects a position while the executor is down',
    }),
  }),
  asOf: nullable(Type.Integer({ description: 'when the executor looked last, market time, ms; null before its first look' })),
  limits: Type.Array(
    Type.Object({
      name: Type.Enum(RISK_LIMIT_NAMES, { description: 'as in config/spark.yaml' }),
      limit: nullable(Type.String({ description: 'null: none' })),
      fileLimit: nullable(Type.String({ description: 'as config/spark.yaml or its default has it; null: none' })),
      changed: nullable(
        Type.Object({ by: Type.String(), at: Ms }, { description: 'who changed it while Spark runs; null: fileLimit counts' }),
      ),
      unreadable: Type.Boolean({
        description: 'changed, and stored as what cannot be read: fileLimit is shown, and nothing enters until it is set again',
      }),
      used: nullable(Type.String({ description: 'now; null: it is judged at each order alone, or not known yet' })),
      unit: Type.String(),
      by: nullable(Type.String({ description: 'the strategy that uses most of it' })),
    }),
    { description: 'every limit as it counts for the next order' },
  ),
})

const LimitText = Type.Optional(
  nullable(
    Type.String({ minLength: 1, maxLength: 8000, description: 'as in config/spark.yaml; null: back to what it says there' }),
  ),
)

/** Changes limits; all of them or, when one cannot be, none. */
export const RiskLimitsChange = Type.Object(
  {
    limits: Type.Object(
      Object.fromEntries(RISK_LIMIT_NAMES.map((name) => [name, LimitText])) as Record<RiskLimitName, typeof LimitText>,
      { additionalProperties: false, minProperties: 1, description: 'allowedSymbols: symbols with a space between them' },
    ),
    reason: Reason,
  },
  { additionalProperties: false },
)
export const RiskLimitsChanged = Type.Object({
  changes: Type.Array(
    Type.Object({ name: Type.Enum(RISK_LIMIT_NAMES), before: nullable(Type.String()), after: nullable(Type.String()) }),
    { description: 'those that count otherwise than before, from the next order on; null: no limit' },
  ),
})

const QueueDepth = Type.Object({
  ready: Type.Integer(),
  delayed: Type.Integer(),
  leased: Type.Integer(),
  dead: Type.Integer(),
  lagMs: Type.Integer(),
})
export const QueueView = Type.Object({
  queues: Type.Object({ order: QueueDepth, label: QueueDepth, notification: QueueDepth, job: QueueDepth }),
  dlq_size: Type.Integer({ description: 'dead letters of orders and labels' }),
})
export const DeadLetterQuery = Type.Object(
  {
    queue: Type.Optional(
      Type.Union([Type.Literal('order'), Type.Literal('label'), Type.Literal('notification'), Type.Literal('job')]),
    ),
    limit: Type.Optional(Limit),
  },
  { additionalProperties: false },
)
export const DeadLetterList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      queue: Type.String(),
      key: Type.String(),
      payload: Type.Unknown(),
      attempts: Type.Integer(),
      reason: Type.String({ description: 'stable code' }),
      detail: Type.String(),
      enqueuedAt: Ms,
      diedAt: Ms,
    }),
    { description: 'newest first' },
  ),
})

export const FlattenRequest = Type.Object(
  {
    scope: Type.String({
      maxLength: 140,
      pattern: '^(all|symbol:[A-Z0-9]{2,20}|strategy:.+)$',
      description: 'all, symbol:NAME or strategy:ID',
    }),
    confirm: Type.String({ description: 'the scope again, typed: closing cannot be taken back' }),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)
export const FlattenAnswer = Type.Object({
  requestId: Type.String(),
  positions: Type.Integer({ description: 'positions in the scope now' }),
})

export const Done = Type.Object({ ok: Type.Literal(true) })
