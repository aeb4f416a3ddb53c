import { isDust } from '@spark/core/market/instrument'
import { Decimal } from '@spark/core/trading/decimal'
import {
  baselineDecision,
  decidePosition,
  entryQuantity,
  exitQuantity,
  type MlAnswer,
  type PositionDecision,
} from '@spark/core/trading/decide-position'
import type { Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import type { Decision } from '@spark/core/signal/decision'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import type { AuditEvent, AuditWriter } from '../storage/audit/audit-event.ts'
import type { StoredPosition } from '../storage/position-store.ts'
import type { StoredStrategy } from '../storage/strategy-store.ts'
import type { OrderPath } from './orders/order-path.ts'
import type { Wish } from './orders/plan-orders.ts'
import { STRATEGIES_A_TRANSACTION, type Planner } from './orders/planner.ts'
import type { Standings } from './standings.ts'

/** An order may be sent for so long after its candle closed: half a candle, at least 20 s, at most 5 minutes. */
const VALID_MIN_MS = 20_000
const VALID_MAX_MS = 300_000

/** Until when an order may be sent for what a closed candle says, ms. */
export function signalEndsMs({ ts, tf }: Pick<FeatureRow, 'ts' | 'tf'>): number {
  const lengthMs = timeframeMs(tf)
  return ts + lengthMs + Math.min(VALID_MAX_MS, Math.max(VALID_MIN_MS, lengthMs / 2))
}

export interface DecideDeps {
  path: OrderPath
  plan: Planner
  standings: Standings
  audit: Pick<AuditWriter, 'appendAll'>
  random: Pick<Randomness, 'traceId'>
  log: Log
  /** The api's score of a closed row for an exposed strategy; null when nobody answered in time. */
  askMl(strategy: StoredStrategy, row: FeatureRow, traceId: string): Promise<MlAnswer | null>
}

interface Considered {
  strategy: StoredStrategy
  position: StoredPosition | null
  traceId: string
  baseline: Decision
  /** Null: not exposed, ML off, or nobody answered. */
  ml: MlAnswer | null
  decision: PositionDecision
}

/**
 * Lets every running strategy of a stream decide once on a closed candle. Both decisions are recorded where ML counts; what
 * changes a position becomes an order. A stream of many strategies is decided in parts, each in one transaction; opposite
 * wishes meet inside within a part. Resolves with how many wishes there were. Rejects with StorageError: what was not decided then
 * is when the caller tries again.
 */
export async function decideStrategies(deps: DecideDeps, stream: Stream, row: FeatureRow): Promise<number> {
  let wishes = 0
  const strategies = (await deps.standings.on(stream)).filter(
    ({ status, decidedTs }) => status === 'running' && decidedTs < row.ts,
  )
  for (let at = 0; at < strategies.length; at += STRATEGIES_A_TRANSACTION)
    wishes += await decideTogether(deps, stream, strategies.slice(at, at + STRATEGIES_A_TRANSACTION), row)
  return wishes
}

async function decideTogether(
  deps: DecideDeps,
  stream: Stream,
  strategies: readonly StoredStrategy[],
  row: FeatureRow,
): Promise<number> {
  const { path } = deps
  const ids = strategies.map(({ id }) => id)
  const { positions, fence } = await deps.standings.of(ids)
  // Without a lease nobody watches the exposure: it has ended, whatever the strategies' rows say.
  const mlOff = fence.mlOff || !path.leaseHolds(fence.leaseUntil)
  const baseline = baselineDecision(row)
  const considered = await Promise.all(
    strategies.map(async (strategy): Promise<Considered> => {
      const traceId = deps.random.traceId()
      const position = heldOf(path, positions.get(strategy.id), row)
      const ml = strategy.exposed && !mlOff ? await deps.askMl(strategy, row, traceId) : null
      return {
        strategy,
        position,
        traceId,
        baseline,
        ml,
        decision: decidePosition({ strategy, held: position, baseline, ml, mlOff }),
      }
    }),
  )
  await deps.audit.appendAll(considered.map((one) => decisionEvent(path, one, row)))
  const wishes = considered.map((one) => wishOf(path, one, row)).filter((wish) => wish !== null)
  await deps.plan({ stream, strategyIds: ids, candleTs: row.ts, epoch: fence.epoch, wishes })
  return wishes.length
}

/** What is below the smallest order cannot be sold: it counts as flat. */
function heldOf({ instruments }: OrderPath, position: StoredPosition | undefined, row: FeatureRow): StoredPosition | null {
  if (position === undefined) return null
  const instrument = instruments.get(position.symbol)
  const rest = instrument !== undefined && isDust(new Decimal(position.quantity), new Decimal(row.c), instrument)
  return rest ? null : position
}

function decisionEvent(
  { clock }: OrderPath,
  { strategy, traceId, baseline, ml, decision, position }: Considered,
  row: FeatureRow,
): AuditEvent {
  return {
    ts: clock.nowMs(),
    action: 'baseline.decision',
    actor: 'executor',
    strategyId: strategy.id,
    traceId,
    result: 'ok',
    context: {
      symbol: strategy.symbol,
      tf: strategy.tf,
      candleTs: row.ts,
      close: row.c,
      baseline,
      ml,
      exposed: strategy.exposed,
      long: position !== null,
      ...decision,
    },
  }
}

/**
 * Null when nothing is to be done, or when it cannot be: the strategy is not armed for real money, what is held is dust, or the
 * capital is below the smallest order.
 */
function wishOf(path: OrderPath, { strategy, position, traceId, decision }: Considered, row: FeatureRow): Wish | null {
  const { action, arm } = decision
  const instrument = path.instruments.get(strategy.symbol)
  if (action === 'keep' || instrument === undefined || (path.live && strategy.mode !== 'live')) return null
  const price = new Decimal(row.c)
  const quantity =
    action === 'enter'
      ? entryQuantity(strategy.capital, price, instrument)
      : exitQuantity(position?.quantity ?? '0', price, instrument)
  if (quantity.lte(0)) return null
  return {
    strategyId: strategy.id,
    symbol: strategy.symbol,
    tf: strategy.tf,
    side: action === 'enter' ? 'buy' : 'sell',
    purpose: action,
    arm,
    quantity: quantity.toString(),
    referencePrice: price.toString(),
    capital: strategy.capital,
    candleTs: row.ts,
    moment: row.ts,
    validUntil: signalEndsMs(row),
    traceId,
  }
}
