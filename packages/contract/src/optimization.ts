import { Type, type Static, type TSchema } from 'typebox'
import { Limit, Id, Reason } from './trading.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const tried = <T extends TSchema>(schema: T) => Type.Array(schema, { minItems: 1, maxItems: 50, uniqueItems: true })

const SearchSpace = Type.Object(
  {
    floors: tried(Type.Number({ minimum: 0, maximum: 1, description: 'confidence' })),
    profitAtrs: tried(Type.Number({ minimum: 0.1, maximum: 100, description: 'ATR from the entry to the profit' })),
    stopAtrs: tried(Type.Number({ minimum: 0.1, maximum: 100, description: 'ATR from the entry to the stop' })),
    expiryCandles: tried(Type.Integer({ minimum: 1, maximum: 1000 })),
    riskShares: tried(
      nullable(
        Type.Number({ minimum: 0.0001, maximum: 1, description: 'of the capital that a stop may lose; null: all of it is used' }),
      ),
    ),
  },
  { additionalProperties: false, description: 'every combination is a trial, at most 5,000' },
)

export const OptimizationAsk = Type.Object(
  {
    space: Type.Optional(SearchSpace),
    folds: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'tests, each behind its training; default 5' })),
    embargoCandles: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1440, description: 'kept free between both; at least the longest expiry; default 24' }),
    ),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)
export type OptimizationAsk = Static<typeof OptimizationAsk>

export const OptimizationAsked = Type.Object({ id: Type.String() })

const TradeRule = Type.Object({
  floor: Type.Number(),
  profitAtrs: Type.Number(),
  stopAtrs: Type.Number(),
  expiryCandles: Type.Integer(),
  riskShare: nullable(Type.Number()),
})

const TradeFigures = Type.Object(
  {
    trades: Type.Integer(),
    hitRate: nullable(Type.Number({ description: 'share of the trades that earned' })),
    grossReturn: Type.Number(),
    netReturn: Type.Number({ description: 'sum over the trades, share of the capital' }),
    meanNetReturn: nullable(Type.Number()),
    sharpe: nullable(Type.Number({ description: 'per trade, not annualised' })),
    maxDrawdown: Type.Number(),
  },
  { description: 'of trades, after costs but for grossReturn' },
)

export const Proposal = Type.Object({
  rule: nullable(Type.Object(TradeRule.properties, { description: 'the best on all candles; null: none made enough trades' })),
  outOfSample: Type.Object(TradeFigures.properties, {
    description: 'of the rules chosen in training, on the tests that followed: what the search is worth',
  }),
  current: Type.Object(TradeFigures.properties, { description: 'of what is in use now, on the same tests' }),
  trials: Type.Integer(),
  deflatedSharpe: nullable(
    Type.Number({ description: 'probability that it is better than the luck of so many trials; null: too few trades' }),
  ),
  folds: Type.Array(
    Type.Object({
      trainFromTs: Ms,
      trainToTs: Ms,
      testFromTs: Ms,
      testToTs: Ms,
      rule: nullable(TradeRule),
      training: TradeFigures,
      test: TradeFigures,
    }),
  ),
  said: Type.String(),
})
export type Proposal = Static<typeof Proposal>

export const OptimizationView = Type.Object({
  id: Type.String(),
  strategyId: Id,
  askedBy: Type.String(),
  askedAt: Ms,
  reason: nullable(Type.String()),
  state: Type.Enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  progress: Type.Number({ description: 'share of the rules that were tried' }),
  endedAt: nullable(Ms),
  ok: nullable(Type.Boolean({ description: 'it earned out of sample, and more than luck would have it; null until it is done' })),
  said: nullable(Type.String({ description: 'how it ended' })),
})
export type OptimizationView = Static<typeof OptimizationView>

export const OptimizationQuery = Type.Object(
  { strategyId: Type.Optional(Id), limit: Type.Optional(Limit) },
  { additionalProperties: false },
)
export const OptimizationList = Type.Object({
  items: Type.Array(OptimizationView, { description: 'newest first; the newest 100 are kept' }),
})
export const OptimizationResult = Type.Object({
  optimization: OptimizationView,
  proposal: nullable(Type.Object(Proposal.properties, { description: 'nothing is changed by it; null until it is done' })),
})
