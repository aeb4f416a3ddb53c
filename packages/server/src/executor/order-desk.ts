import type { AlertCode } from '@spark/core/alert/alert-code'
import { ApiError, UnreachableError } from '@spark/contract/client'
import type { Stream } from '@spark/core/market/candle'
import type { Instrument } from '@spark/core/market/instrument'
import type { MlAnswer } from '@spark/core/trading/decide-position'
import type { Strategy } from '@spark/core/trading/strategy'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { AlertRules } from '../notify/alert-rules.ts'
import { createAlerts, type KnownAlert, type KnownAlerts } from '../notify/alerts.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Queue, QueueDepth, QueueName } from '../queue/queue.ts'
import type { Randomness } from '../random.ts'
import { effectiveLimits } from '../risk-limits.ts'
import type { AuditWriter } from '../storage/audit/audit-event.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import type { MainTables } from '../storage/tables.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { OrderStore } from '../storage/order-store.ts'
import type { StoredStrategy, StrategyStore } from '../storage/strategy-store.ts'
import { createTradingStores, type TradingStores } from '../storage/trading-stores.ts'
import type { SparkFile } from '../strategies-file.ts'
import { traceparentOf } from '../telemetry.ts'
import type { PriceTick, Venue } from '../venue/venue.ts'
import { createExposureLease } from '../rollout/exposure-lease.ts'
import { createClockTrust } from './clock-trust.ts'
import { startAuditRelay, type AuditRelay } from './orders/audit-relay.ts'
import type { OrderPath } from './orders/order-path.ts'
import { raiseAlert, resolveAlert } from './orders/raise-alert.ts'
import { settleAlerts } from './orders/settle-alerts.ts'
import { tellClockDoubt } from './orders/tell-clock-doubt.ts'
import { ALONE, type Group } from './group/group.ts'
import { reconcileStream, takeOverOrders } from './orders/reconcile-venue.ts'
import { startPortfolio, type Portfolio } from './portfolio.ts'
import type { ScoreClient } from './score-strategies.ts'
import { startTrading, type LastPrices, type Trading } from './trading.ts'

/** Commands come through the database: so often they are looked for. */
const LOOK_EVERY_MS = 1000
const ORDER_LEASE_MS = 15_000
const DECISION_TIMEOUT_MS = 5000

export interface OrderDesk {
  stores: TradingStores
  trading: Trading
  strategies: StrategyStore
  orders: OrderStore
  queue: Queue
  alerts: KnownAlerts
  /** What the venue lists, by symbol. */
  instruments: ReadonlyMap<string, Instrument>
  /** Stores an alert and its notifications; never rejects for storage. */
  raise(alert: KnownAlert): Promise<void>
  /** Ends an alert whose cause is over; never rejects for storage. */
  resolve(code: AlertCode, scope: string): Promise<void>
  isRunning(id: string): boolean
  /** This process leads now: its equity counts for all. Never rejects for storage. */
  lead(): Promise<void>
  /** It is about to lead no more, to stop: the last point of the curve is its. Never rejects for storage. */
  leave(): Promise<void>
  /** From now on this process carries the events of orders into their chain; resolves with what ends it. Rejects with StorageError. */
  carry(orderAudit: Pick<AuditWriter, 'appendAll'>): Promise<() => Promise<void>>
  /** In the transaction that takes streams over. */
  takeOver(trx: Kysely<MainTables>, streams: readonly Stream[]): Promise<void>
  /** Asks the venue for what the last owner of a stream had there. Rejects with VenueError. */
  reconcile(stream: Stream): Promise<void>
  /** As of the last look, at most a second ago; null before the first. */
  depth(): Record<QueueName, QueueDepth> | null
  haltedReason(): string | null
  stop(): Promise<void>
}

export interface OrderDeskDeps {
  /** The market's time: of the data in a replay. */
  clock: Clock
  wallClock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'speed'>
  /** The market's time by the feed, to compare the wall clock with; null: a replay's. */
  marketMs(): number | null
  random: Randomness
  log: Log
  database: Pick<MainDatabase, 'db'>
  venue: Venue
  tellPrice: ((tick: PriceTick) => Promise<void>) | null
  file: SparkFile
  live: boolean
  alertRules: AlertRules
  symbols: readonly string[]
  audit: Pick<AuditWriter, 'appendAll'>
  /** Null: another process may carry the events of orders into their chain; see `carry`. */
  orderAudit: Pick<AuditWriter, 'appendAll'> | null
  auditReader: Pick<AuditReader, 'positions' | 'since'>
  client: ScoreClient
  /** Default: there is no other executor. */
  group?: Group
  /** How old the equity may be that limits look at, ms; default 5000. */
  equityEveryMs?: number
}

/** Everything between a closed candle and the venue, put together and started. Rejects with StorageError or VenueError. */
export async function openOrderDesk(deps: OrderDeskDeps): Promise<OrderDesk> {
  const { clock, random, log, audit } = deps
  const stores = createTradingStores(deps.database.db)
  const { strategies, positions, orders, outbox, equityCurve } = stores
  await strategies.install(deps.file.strategies.map(strategyOf), clock.nowMs())
  const prices: LastPrices = new Map()
  const parts: Parts = {}
  const { path, heard } = await openPath(deps, stores, prices, parts)
  const carry = async (writer: Pick<AuditWriter, 'appendAll'>) => {
    const relay = (parts.relay = await startAuditRelay({ outbox, writer, reader: deps.auditReader, clock, log }))
    return () => relay.stop()
  }
  if (deps.orderAudit !== null) await carry(deps.orderAudit)
  const portfolio = (parts.portfolio = await startPortfolio({
    clock,
    log,
    strategies,
    positions,
    equity: equityCurve,
    lastPrice: (symbol) => path.lastPrice(symbol),
    keeps: () => path.group.leads(),
    ...(deps.equityEveryMs !== undefined && { refreshMs: deps.equityEveryMs }),
  }))
  const trading = (parts.trading = await startTrading({
    path,
    random,
    prices,
    decide: { audit, random, log, askMl: (strategy, row, traceId) => askMl(deps, strategy, row, traceId) },
    tellPrice: deps.tellPrice,
    onPriced: () => portfolio.onPrice(),
    pollEveryMs: LOOK_EVERY_MS,
    leaseMs: ORDER_LEASE_MS,
  }))
  const look = await startLooking(path)
  return {
    ...look,
    stores,
    trading: { ...trading, onCandle: (...told) => (heard(), trading.onCandle(...told)) },
    strategies,
    orders,
    queue: path.queue,
    alerts: path.alerts,
    instruments: path.instruments,
    raise: (alert) => raiseAlert(path, alert),
    resolve: (code, scope) => resolveAlert(path, code, scope),
    lead: () => portfolio.refresh(),
    leave: () => portfolio.close(),
    carry,
    takeOver: (trx, taken) => takeOverOrders(path, trx, taken),
    reconcile: (stream) => reconcileStream(path, stream),
    async stop() {
      look.stopLooking()
      await trading.stop()
      await portfolio.stop()
      await parts.relay?.stop()
    },
  }
}

/** What comes into being after the path that leads to it. */
interface Parts {
  trading?: Trading
  relay?: AuditRelay
  portfolio?: Portfolio
}

async function openPath(
  deps: OrderDeskDeps,
  stores: TradingStores,
  prices: LastPrices,
  parts: Parts,
): Promise<{ path: OrderPath; heard: () => void }> {
  const { clock, random, log, venue, group = ALONE } = deps
  const { db } = deps.database
  const { heard, ...wall } = await readWallClock(deps, stores)
  const path: OrderPath = {
    ...stores,
    clock,
    ...wall,
    log,
    queue: createDatabaseQueue({ db, clock, random }),
    venue,
    instruments: await listed(deps),
    limits: async (trx) => effectiveLimits(deps.file, await stores.riskLimits.list(trx)),
    live: deps.live,
    alerts: createAlerts({ db, rules: deps.alertRules, clock: deps.wallClock, random }),
    lastPrice: (symbol) => prices.get(symbol) ?? null,
    equity: () => parts.portfolio?.equity() ?? null,
    group,
    committed() {
      parts.relay?.poke()
      parts.trading?.poke()
    },
  }
  return { path, heard }
}

/** Wall time, and what hangs on it being right. `heard`: a valid market message came. */
async function readWallClock({ wallClock, venue, ...deps }: OrderDeskDeps, { db, venues }: TradingStores) {
  const lease = createExposureLease(wallClock)
  const before = await venues.entriesStopped(db, venue.name)
  const trust = createClockTrust({ clock: wallClock, marketMs: () => deps.marketMs(), before })
  return {
    wallMs: () => wallClock.nowMs(),
    leaseHolds: (leaseUntil: number) => lease.holds(leaseUntil),
    clockDoubt: () => trust.doubt(),
    heard: () => trust.heard(),
  }
}

async function listed({ venue, symbols }: Pick<OrderDeskDeps, 'venue' | 'symbols'>): Promise<Map<string, Instrument>> {
  return new Map((await venue.instruments(symbols)).map((one) => [one.symbol, one]))
}

/** What gauges and pollers ask for without waiting. */
async function startLooking(path: OrderPath) {
  const { strategies, queue } = path
  let depth: Record<QueueName, QueueDepth> | null = null
  let halted: string | null = null
  let notRunning = new Set<string>()
  async function look(): Promise<void> {
    notRunning = new Set(await strategies.notRunning())
    // Before the queue: an alert that is raised between the two is not taken for one whose cause is over.
    const alerts = path.group.leads() ? await path.alerts.open() : []
    depth = await queue.depth()
    await settleAlerts(path, alerts, depth)
    halted = await path.venues.halt(path.db, path.venue.name)
    if (path.group.leads()) await tellClockDoubt(path)
    // Seen at every look, so that a lease that is renewed no more is noticed whoever decides next.
    path.leaseHolds((await path.risk.epoch(path.db)).leaseUntil)
  }
  await look()
  const stopLooking = path.clock.every(LOOK_EVERY_MS, () => {
    // Other processes commit events too.
    path.committed()
    look().catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error
    })
  })
  return {
    isRunning: (id: string) => !notRunning.has(id),
    depth: () => depth,
    haltedReason: () => halted,
    stopLooking,
  }
}

/** What a decision's audit row tells of the score beside what counts: why it did not trade. */
interface Told {
  confid: number
  /** Guardrails that closed it. */
  reasons: readonly string[]
}

async function askMl(
  { client, random, log, clock }: OrderDeskDeps,
  strategy: StoredStrategy,
  feature: object,
  traceId: string,
): Promise<(MlAnswer & Told) | null> {
  try {
    const answer = await client.call('mlScore', {
      body: { feature, strategyId: strategy.id },
      headers: { traceparent: traceparentOf(traceId, random), 'x-market-now-ms': String(clock.nowMs()) },
      timeoutMs: DECISION_TIMEOUT_MS,
    })
    const { decision, advisory, confid, guardrails } = answer
    return { decision, advisory, error: answer._err ?? null, confid, reasons: guardrails.reasons }
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof ApiError)) throw error
    log.warn({ strategyId: strategy.id, traceId, reason: error.message }, 'no score for a closed candle; the position stays')
    return null
  }
}

function strategyOf({ id, name, symbol, tf, capital, mode }: SparkFile['strategies'][number]): Strategy {
  return {
    id,
    name: name ?? id,
    symbol,
    tf,
    capital: String(capital ?? 1000),
    mode: mode ?? 'paper',
    status: 'running',
    baseline: 'ema_cross',
    exposed: false,
  }
}
