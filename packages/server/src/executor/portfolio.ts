import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import { lotOf, unrealized, type Lot } from '@spark/core/trading/portfolio'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { dayMark, type EquityPoint, type EquityStore } from '../storage/equity-store.ts'
import type { PositionStore, Profit, StoredPosition } from '../storage/position-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { StrategyStore } from '../storage/strategy-store.ts'

/** Equity in money: what the strategies may hold, and what they made. */
export interface Equity {
  now: DecimalText
  dayStart: DecimalText
  peak: DecimalText
}

export interface Portfolio {
  /** Null until it was computed once. */
  equity(): Equity | null
  /** The market moved: computed anew when the last time is long enough ago by the market's time. Never rejects for storage. */
  onPrice(): Promise<void>
  /** Computes it now. Never rejects for storage. */
  refresh(): Promise<void>
  /** Stores a last point, of each strategy too. Never rejects for storage. */
  close(): Promise<void>
  /** Ends it with a last point. Never rejects for storage. */
  stop(): Promise<void>
}

/** A point of the curve is renewed so often, and so are the figures that limits look at, when nobody says otherwise. */
const REFRESH_MS = 5000
const POINT_MS = 60_000
const STRATEGY_POINT_MS = 3_600_000

interface Sum {
  realized: Decimal
  unrealized: Decimal
  fees: Decimal
}

interface PortfolioDeps {
  clock: Clock
  log: Log
  strategies: StrategyStore
  positions: PositionStore
  equity: EquityStore
  lastPrice: (symbol: string) => { price: number } | null
  refreshMs?: number
  /** Whether this process keeps the curve and its marks; others compute from what it keeps. Default: it does. */
  keeps?: () => boolean
}

/**
 * Keeps equity = capital of all strategies + realised + unrealised, at the last market prices: every 5 s for the limits, with a stored
 * point for each minute in total and by arm, and for each hour by strategy. A position without a price counts at its cost.
 */
export async function startPortfolio(deps: PortfolioDeps): Promise<Portfolio> {
  const { clock, log, refreshMs = REFRESH_MS, keeps = () => true } = deps
  const marked = await createMarks(deps.equity, clock)
  const made = rememberMade()
  const lots = rememberLots()
  let current: Equity | null = null
  let refreshedMs = 0
  let strategyTs = 0
  let turn: Promise<void> = Promise.resolve()

  async function refresh(closing: boolean): Promise<void> {
    const nowMs = clock.nowMs()
    const capital = new Decimal(await deps.strategies.totalCapital())
    const hourTs = Math.floor(nowMs / STRATEGY_POINT_MS) * STRATEGY_POINT_MS
    const byStrategy = closing || hourTs !== strategyTs
    const sums = await sumsOf(deps, made, lots, byStrategy)
    const total = totalOf(sums)
    const now = capital.plus(total.realized).plus(total.unrealized)
    if (!keeps()) {
      current = await marked.byOther(now, nowMs)
      return
    }
    current = await marked.byUs(now, nowMs)
    const strategies = byStrategy ? await deps.strategies.list() : []
    const capitals = new Map(strategies.map((one) => [`strategy:${one.id}`, new Decimal(one.capital)]))
    const points = [['total', total] as const, ...sums].map(([scope, sum]) =>
      pointOf(nowMs, scope, scope === 'total' ? capital : (capitals.get(scope) ?? new Decimal(0)), sum),
    )
    await deps.equity.add(points)
    strategyTs = hourTs
  }

  /** One after the other; what cannot be stored now is computed again at the next time. */
  function inTurn(closing = false): Promise<void> {
    refreshedMs = clock.nowMs()
    turn = turn
      .then(() => refresh(closing))
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
        log.error({ err: error }, 'equity could not be stored; trying again')
      })
    return turn
  }

  refreshedMs = clock.nowMs()
  await refresh(false)
  const cancel = clock.every(refreshMs, () => void inTurn())
  return {
    equity: () => current,
    refresh: () => inTurn(),
    onPrice: () => (clock.nowMs() - refreshedMs < refreshMs ? Promise.resolve() : inTurn()),
    close: () => inTurn(true),
    stop() {
      cancel()
      return inTurn(true)
    },
  }
}

function sumOf(one: Sum, { realized, unrealized: open, fees }: Partial<Sum>): Sum {
  return {
    realized: realized === undefined ? one.realized : one.realized.plus(realized),
    unrealized: open === undefined ? one.unrealized : one.unrealized.plus(open),
    fees: fees === undefined ? one.fees : one.fees.plus(fees),
  }
}

/** Every arm counts once. */
function totalOf(sums: ReadonlyMap<string, Sum>): Sum {
  return [...sums].filter(([scope]) => scope.startsWith('arm:')).reduce((total, [, sum]) => sumOf(total, sum), emptySum())
}

const emptySum = (): Sum => ({ realized: new Decimal(0), unrealized: new Decimal(0), fees: new Decimal(0) })

/** By scope: `arm:NAME` and, when asked for, `strategy:ID`. */
async function sumsOf(
  { positions, lastPrice }: PortfolioDeps,
  made: Made,
  lots: Lots,
  byStrategy: boolean,
): Promise<Map<string, Sum>> {
  const sums = new Map(made(await positions.profits(), byStrategy))
  for (const lot of lots(await positions.held(), byStrategy)) {
    const price = lastPrice(lot.symbol)
    if (price !== null) addTo(sums, lot, { unrealized: unrealized(lot, new Decimal(price.price)) }, byStrategy)
  }
  return sums
}

type Lots = (held: readonly StoredPosition[], byStrategy: boolean) => readonly (Lot & Omit<StoredPosition, 'quantity'>)[]

/** What is held, together by symbol and arm where strategies are not asked for; added up again only when there is something new. */
function rememberLots(): Lots {
  let last: { held: readonly StoredPosition[]; byStrategy: boolean; lots: ReturnType<Lots> } | null = null
  return (held, byStrategy) => {
    if (last?.held === held && last.byStrategy === byStrategy) return last.lots
    const groups = Map.groupBy(held, ({ strategyId, symbol, arm }) => (byStrategy ? strategyId : `${symbol} ${arm}`))
    const lots = [...groups.values()].flatMap((own) => (own[0] === undefined ? [] : [{ ...own[0], ...lotOf(own) }]))
    last = { held, byStrategy, lots }
    return lots
  }
}

type Made = (profits: readonly Profit[], byStrategy: boolean) => ReadonlyMap<string, Sum>

/** What was made real, by scope; added up again only when there is something new. */
function rememberMade(): Made {
  let last: { profits: readonly Profit[]; byStrategy: boolean; sums: ReadonlyMap<string, Sum> } | null = null
  return (profits, byStrategy) => {
    if (last?.profits === profits && last.byStrategy === byStrategy) return last.sums
    const sums = new Map<string, Sum>()
    for (const profit of profits)
      addTo(sums, profit, { realized: new Decimal(profit.realized), fees: new Decimal(profit.fees) }, byStrategy)
    last = { profits, byStrategy, sums }
    return sums
  }
}

function addTo(
  sums: Map<string, Sum>,
  { strategyId, arm }: Pick<Profit, 'strategyId' | 'arm'>,
  part: Partial<Sum>,
  byStrategy: boolean,
): void {
  for (const scope of byStrategy ? [`arm:${arm}`, `strategy:${strategyId}`] : [`arm:${arm}`])
    sums.set(scope, sumOf(sums.get(scope) ?? emptySum(), part))
}

function pointOf(nowMs: number, scope: string, capital: Decimal, sum: Sum): EquityPoint {
  return {
    ts: Math.floor(nowMs / POINT_MS) * POINT_MS,
    scope,
    equity: capital.plus(sum.realized).plus(sum.unrealized).toString(),
    realized: sum.realized.toString(),
    unrealized: sum.unrealized.toString(),
    fees: sum.fees.toString(),
  }
}

interface Marks {
  /** Sets what is to be remembered. */
  byUs(now: Decimal, nowMs: number): Promise<Equity>
  /** By what another process has set; null until it has set where the day began. */
  byOther(now: Decimal, nowMs: number): Promise<Equity | null>
}

/** Where the day began and the highest there was, both of them remembered over a restart; and now, for who shows the limits. */
async function createMarks(store: EquityStore, clock: Clock): Promise<Marks> {
  let day = dayMark(clock.nowMs())
  let dayStart: DecimalText | null = null
  let peak: DecimalText | null = null
  async function read(): Promise<void> {
    dayStart = (await store.mark(day))?.equity ?? null
    peak = (await store.mark('peak'))?.equity ?? null
  }
  await read()
  return {
    async byUs(now, nowMs) {
      const today = dayMark(nowMs)
      if (today !== day) {
        dayStart = (await store.mark(today))?.equity ?? null
        day = today
      }
      if (dayStart === null) {
        await store.setMark(day, now.toString(), nowMs)
        dayStart = now.toString()
      }
      if (peak === null || now.gt(peak)) {
        await store.setMark('peak', now.toString(), nowMs)
        peak = now.toString()
      }
      await store.setMark('now', now.toString(), nowMs)
      return { now: now.toString(), dayStart, peak }
    },
    async byOther(now, nowMs) {
      day = dayMark(nowMs)
      await read()
      if (dayStart === null) return null
      return { now: now.toString(), dayStart, peak: Decimal.max(now, peak ?? now).toString() }
    },
  }
}
