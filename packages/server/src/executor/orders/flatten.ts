import { Decimal } from '@spark/core/trading/decimal'
import { exitQuantity } from '@spark/core/trading/decide-position'
import type { LeasedJob } from '../../queue/queue.ts'
import { PoisonJobError, RetryJobError } from '../../queue/worker.ts'
import { instrumentOf } from './book-fill.ts'
import type { OrderPath } from './order-path.ts'
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
}

/** Closes every position in the scope at the market, each with one order, however often the job runs. */
export async function flatten(path: OrderPath, job: LeasedJob): Promise<void> {
  const request = requestOf(job)
  if (path.clock.nowMs() > request.askedAt + VALID_MS)
    throw new PoisonJobError('request_expired', 'asked more than 5 minutes ago')
  const positions = (await path.positions.open()).filter(({ strategyId, symbol, arm }) =>
    ['all', `strategy:${strategyId}`, `symbol:${symbol}`, `arm:${arm}`].includes(request.scope),
  )
  const wishes: Wish[] = []
  for (const { strategyId, symbol, arm, quantity } of positions) {
    const last = path.lastPrice(symbol)
    if (last === null) throw new RetryJobError(path.clock.nowMs() + PRICE_AWAY_MS, `${symbol} has no price yet`)
    const price = new Decimal(last.price)
    const sellable = exitQuantity(quantity, price, instrumentOf(path, symbol))
    if (sellable.lte(0)) continue
    wishes.push({
      strategyId,
      symbol,
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
  await planOrders(path, wishes)
}

function requestOf({ payload }: LeasedJob): Request {
  const { scope, requestId, actor, askedAt } = (
    typeof payload === 'object' && payload !== null ? payload : {}
  ) as Partial<Request>
  if (typeof scope !== 'string' || typeof requestId !== 'string' || typeof actor !== 'string' || !Number.isSafeInteger(askedAt))
    throw new PoisonJobError('invalid_payload', 'the job is no flatten request')
  return { scope, requestId, actor, askedAt: Number(askedAt) }
}
