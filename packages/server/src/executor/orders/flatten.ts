import { streamName } from '@spark/core/market/candle'
import { Decimal } from '@spark/core/trading/decimal'
import { exitQuantity } from '@spark/core/trading/decide-position'
import { AT_ONCE, type LeasedJob } from '../../queue/queue.ts'
import { PoisonJobError, RetryJobError } from '../../queue/worker.ts'
import type { StoredPosition } from '../../storage/position-store.ts'
import { instrumentOf } from './book-fill.ts'
import { streamOf, type OrderPath } from './order-path.ts'
import { planOrders, type Wish } from './plan-orders.ts'

/** A closing order that waits longer was not what the person meant. */
const VALID_MS = 300_000
const PRICE_AWAY_MS = 1000

/** `all`, `symbol:NAME`, `strategy:ID` or `arm:ml`. */
export type FlattenScope = string

interface Request {
  scope: FlattenScope
  requestId: string
  actor: string
  /** ms */
  askedAt: number
  /** Only what strategies of this stream hold; null: all in the scope. */
  stream: string | null
}

interface Held extends StoredPosition {
  /** With the symbol the stream of its strategy. */
  tf: string
}

/**
 * Closes every position in the scope at the market, each with one order, however often the job runs. Where hosts share the streams the
 * owner of each gets its part.
 */
export async function flatten(path: OrderPath, job: LeasedJob): Promise<void> {
  const request = requestOf(job)
  if (path.clock.nowMs() > request.askedAt + VALID_MS)
    throw new PoisonJobError('request_expired', 'asked more than 5 minutes ago')
  const held = await heldIn(path, request)
  if (path.group.member !== null && request.stream === null) return share(path, request, held)
  await planOrders(path, wishesOf(path, request, held))
}

async function heldIn(path: OrderPath, { scope, stream }: Request): Promise<Held[]> {
  const strategies = new Map((await path.strategies.list()).map((one) => [one.id, one]))
  return (await path.positions.open())
    .filter(({ strategyId, symbol, arm }) => ['all', `strategy:${strategyId}`, `symbol:${symbol}`, `arm:${arm}`].includes(scope))
    .map((position) => ({ ...position, tf: strategies.get(position.strategyId)?.tf ?? '' }))
    .filter((position) => stream === null || stream === streamName(streamOf(position)))
}

/** A job for each stream, once. */
async function share(path: OrderPath, request: Request, held: readonly Held[]): Promise<void> {
  const jobs = [...new Set(held.map((position) => streamName(streamOf(position))))].map((stream) => ({
    queue: 'order' as const,
    key: `flatten ${request.requestId} ${stream}`,
    payload: { kind: 'flatten', ...request, stream },
    runAt: AT_ONCE,
    owner: stream,
  }))
  await path.db.transaction().execute((trx) => path.queue.enqueueAll(trx, jobs))
  path.committed()
}

function wishesOf(path: OrderPath, request: Request, held: readonly Held[]): Wish[] {
  const wishes: Wish[] = []
  for (const { strategyId, symbol, tf, arm, quantity } of held) {
    const last = path.lastPrice(symbol)
    if (last === null) throw new RetryJobError(path.clock.nowMs() + PRICE_AWAY_MS, `${symbol} has no price yet`)
    const price = new Decimal(last.price)
    const sellable = exitQuantity(quantity, price, instrumentOf(path, symbol))
    if (sellable.lte(0)) continue
    wishes.push({
      strategyId,
      symbol,
      tf,
      side: 'sell',
      purpose: 'flatten',
      arm,
      quantity: sellable.toString(),
      referencePrice: price.toString(),
      capital: '0',
      candleTs: request.askedAt,
      moment: request.requestId,
      validUntil: request.askedAt + VALID_MS,
      traceId: request.requestId,
    })
  }
  return wishes
}

function requestOf({ payload }: LeasedJob): Request {
  const {
    scope,
    requestId,
    actor,
    askedAt,
    stream = null,
  } = (typeof payload === 'object' && payload !== null ? payload : {}) as Partial<Request>
  if (typeof scope !== 'string' || typeof requestId !== 'string' || typeof actor !== 'string' || !Number.isSafeInteger(askedAt))
    throw new PoisonJobError('invalid_payload', 'the job is no flatten request')
  return { scope, requestId, actor, askedAt: Number(askedAt), stream }
}
