import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import { unrealized } from '@spark/core/trading/portfolio'
import type { Strategy } from '@spark/core/trading/strategy'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { EquityPoint, EquityStore } from '../storage/equity-store.ts'
import type { PositionStore } from '../storage/position-store.ts'
import { StorageError } from '../storage/storage-error.ts'

/** Equity in money: what the strategies may hold, and what they made. */
export interface Equity {
  now: DecimalText
  dayStart: DecimalText
  peak: DecimalText
}

export interface Portfolio {
  /** Null until it was computed once. */
  equity(): Equity | null
  /** Computes and stores it now. Rejects with StorageError. */
  refresh(): Promise<void>
  stop(): void
}

const REFRESH_MS = 5000
const POINT_MS = 60_000
const STRATEGY_POINT_MS = 3_600_000

interface Sum {
  realized: Decimal
  unrealized: Decimal
  fees: Decimal
}

/**
 * Keeps equity = capital of all strategies + realised + unrealised, at the last market prices: every 5 s for the limits, a stored
 * point a minute in total and by arm, and an hour by strategy. A position without a price counts at its cost.
 */
export async function startPortfolio(deps: {
  clock: Clock
  log: Log
  strategies: () => readonly Strategy[]
  positions: PositionStore
  equity: EquityStore
  lastPrice: (symbol: string) => { price: number } | null
}): Promise<Portfolio> {
  const { clock, equity: store } = deps
  let current: Equity | null = null
  let lastPointTs = 0
  let lastStrategyTs = 0

  async function refresh(): Promise<void> {
    const nowMs = clock.nowMs()
    const strategies = deps.strategies()
    const capital = strategies.reduce((sum, one) => sum.plus(one.capital), new Decimal(0))
    const pointTs = Math.floor(nowMs / POINT_MS) * POINT_MS
    const strategyTs = Math.floor(nowMs / STRATEGY_POINT_MS) * STRATEGY_POINT_MS
    const scopes: Scopes = { arms: pointTs !== lastPointTs, strategies: pointTs !== lastPointTs && strategyTs !== lastStrategyTs }
    const sums = await sumsOf(deps, scopes)
    const total = sums.get('total') ?? emptySum()
    const now = capital.plus(total.realized).plus(total.unrealized)
    current = await marked(store, now, nowMs)
    if (pointTs === lastPointTs) return
    const capitals = new Map(strategies.map((one) => [`strategy:${one.id}`, new Decimal(one.capital)]))
    capitals.set('total', capital)
    const points = [...sums].map(([scope, sum]) => pointOf(pointTs, scope, capitals.get(scope) ?? new Decimal(0), sum))
    await store.add(points)
    lastPointTs = pointTs
    lastStrategyTs = strategyTs
  }

  await refresh()
  const cancel = clock.every(REFRESH_MS, () => {
    refresh().catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error
      deps.log.error({ err: error }, 'equity could not be stored; trying again')
    })
  })
  return { equity: () => current, refresh, stop: cancel }
}

const emptySum = (): Sum => ({ realized: new Decimal(0), unrealized: new Decimal(0), fees: new Decimal(0) })

/** Which sums are made beside the total. */
interface Scopes {
  arms: boolean
  strategies: boolean
}

/** By scope: `total`, `arm:NAME`, `strategy:ID`. */
async function sumsOf(
  {
    positions,
    lastPrice,
  }: {
    positions: PositionStore
    lastPrice: (symbol: string) => { price: number } | null
  },
  { arms, strategies }: Scopes,
): Promise<Map<string, Sum>> {
  const sums = new Map<string, Sum>([['total', emptySum()]])
  const add = (strategyId: string, arm: string, part: Partial<Sum>) => {
    for (const scope of ['total', ...(arms ? [`arm:${arm}`] : []), ...(strategies ? [`strategy:${strategyId}`] : [])]) {
      const sum = sums.get(scope) ?? emptySum()
      sums.set(scope, {
        realized: sum.realized.plus(part.realized ?? 0),
        unrealized: sum.unrealized.plus(part.unrealized ?? 0),
        fees: sum.fees.plus(part.fees ?? 0),
      })
    }
  }
  for (const { strategyId, arm, realized, fees } of await positions.profits())
    add(strategyId, arm, { realized: new Decimal(realized), fees: new Decimal(fees) })
  for (const position of await positions.open()) {
    const price = lastPrice(position.symbol)
    if (price !== null) add(position.strategyId, position.arm, { unrealized: unrealized(position, new Decimal(price.price)) })
  }
  return sums
}

function pointOf(ts: number, scope: string, capital: Decimal, sum: Sum): EquityPoint {
  return {
    ts,
    scope,
    equity: capital.plus(sum.realized).plus(sum.unrealized).toString(),
    realized: sum.realized.toString(),
    unrealized: sum.unrealized.toString(),
    fees: sum.fees.toString(),
  }
}

/** Where the day began and the highest there was, both of them remembered over a restart. */
async function marked(store: EquityStore, now: Decimal, nowMs: number): Promise<Equity> {
  const day = `day:${new Date(nowMs).toISOString().slice(0, 10)}`
  let dayStart = await store.mark(day)
  if (dayStart === null) {
    dayStart = now.toString()
    await store.setMark(day, dayStart, nowMs)
  }
  let peak = await store.mark('peak')
  if (peak === null || now.gt(peak)) {
    peak = now.toString()
    await store.setMark('peak', peak, nowMs)
  }
  return { now: now.toString(), dayStart, peak }
}
