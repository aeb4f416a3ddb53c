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
import { inGroups } from '../in-groups.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import type { AuditEvent, AuditWriter } from '../storage/audit/audit-event.ts'
import type { StoredPosition } from '../storage/position-store.ts'
import type { StoredStrategy } from '../storage/strategy-store.ts'
import type { OrderPath } from './orders/order-path.ts'
import { planOrders, type Decided, type Wish } from './orders/plan-orders.ts'

/** An order may be sent for so long after its candle closed: half a candle, at least 20 s, at most 5 minutes. */
const VALID_MIN_MS = 20_000
const VALID_MAX_MS = 300_000

export interface DecideDeps {
  path: OrderPath
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
  decision: PositionDecision
}

interface ClosedRow {
  stream: Stream
  row: FeatureRow
}

interface Standing {
  strategies: readonly StoredStrategy[]
  positions: ReadonlyMap<string, StoredPosition>
  epoch: number
  mlOff: boolean
}

interface Plan {
  wishes: readonly Wish[]
  decided: Decided
}

/** Streams whose candles close in one moment are looked up, and planned, together. */
const GROUP_MAX = 200

/**
 * Lets every running strategy of a stream decide once on a closed candle. Both decisions are recorded where ML counts; what changes a
 * position becomes an order. Rejects with StorageError: then nothing was decided, and the caller may try again.
 */
export function createDecider(deps: DecideDeps): (stream: Stream, row: FeatureRow) => Promise<void> {
  const { path } = deps
  const look = inGroups(GROUP_MAX, (closed: readonly ClosedRow[]) => standings(path, closed))
  const plan = inGroups(GROUP_MAX, async (plans: readonly Plan[]) => {
    await planOrders(
      path,
      plans.flatMap(({ wishes }) => wishes),
      plans.map(({ decided }) => decided),
    )
    return plans
  })
  return async (stream, row) => {
    const { strategies, positions, epoch, mlOff } = await look({ stream, row })
    if (strategies.length === 0) return
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
          decision: decidePosition({ strategy, held: position, baseline, ml, mlOff }),
        }
      }),
    )
    await deps.audit.appendAll(considered.map((one) => decisionEvent(path, one, row)))
    const wishes = considered.map((one) => wishOf(path, one, row)).filter((wish) => wish !== null)
    await plan({ wishes, decided: { strategyIds: strategies.map(({ id }) => id), candleTs: row.ts, epoch } })
  }
}

/** Who has to decide on each row, what they hold, and whether ML counts. */
async function standings(path: OrderPath, closed: readonly ClosedRow[]): Promise<Standing[]> {
  const all = await path.strategies.on(closed.map(({ stream }) => stream))
  const running = all.filter(({ status }) => status === 'running')
  const held = running.length === 0 ? [] : await path.positions.openOf(running.map(({ id }) => id))
  const positions = new Map(held.map((position) => [position.strategyId, position]))
  const { epoch, mlOff, leaseUntil } = await path.risk.epoch(path.db)
  return closed.map(({ stream, row }) => ({
    strategies: running.filter(({ symbol, tf, decidedTs }) => symbol === stream.symbol && tf === stream.tf && decidedTs < row.ts),
    positions,
    epoch,
    // Without a lease nobody watches the exposure: it has ended, whatever the strategies' rows say.
    mlOff: mlOff || leaseUntil < path.wallMs(),
  }))
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
  { strategy, traceId, baseline, decision, position }: Considered,
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
  const lengthMs = timeframeMs(strategy.tf)
  return {
    strategyId: strategy.id,
    symbol: strategy.symbol,
    side: action === 'enter' ? 'buy' : 'sell',
    purpose: action,
    arm,
    quantity: quantity.toString(),
    referencePrice: price.toString(),
    capital: strategy.capital,
    candleTs: row.ts,
    moment: row.ts,
    validUntil: row.ts + lengthMs + Math.min(VALID_MAX_MS, Math.max(VALID_MIN_MS, lengthMs / 2)),
    traceId,
  }
}
