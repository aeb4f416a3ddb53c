import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { streamName, type Stream } from '@spark/core/market/candle'
import type { RiskLimits } from '@spark/core/trading/risk'
import type { Strategy } from '@spark/core/trading/strategy'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { ManualClock } from '../../clock.ts'
import { createLog } from '../../log.ts'
import type { AlertRules } from '../../notify/alert-rules.ts'
import { createAlerts } from '../../notify/alerts.ts'
import { createDatabaseQueue } from '../../queue/database-queue.ts'
import { systemRandomness, type Randomness } from '../../random.ts'
import { effectiveLimits } from '../../risk-limits.ts'
import { createTradingStores } from '../../storage/trading-stores.ts'
import type { AuditEvent } from '../../storage/audit/audit-event.ts'
import { openFolderDatabase } from '../../storage/main-database-fixture.ts'
import { callsAnswered } from '../../storage/postgres/postgres-calls-fixture.ts'
import { watchStatements } from '../../storage/watch-statements-fixture.ts'
import { WELL_BEHAVED, type Misbehaviour } from '../../venue/misbehaviour.ts'
import { paperInstrument } from '../../venue/paper-instruments.ts'
import { PAPER_TERMS, openPaperVenue, type PaperTerms, type PaperVenue } from '../../venue/paper-venue.ts'
import type { Venue } from '../../venue/venue.ts'
import { createExposureLease } from '../../rollout/exposure-lease.ts'
import { createClockTrust } from '../clock-trust.ts'
import type { DecideDeps } from '../decide-strategies.ts'
import { ALONE, type Group } from '../group/group.ts'
import { startTrading, type LastPrices, type Trading } from '../trading.ts'
import type { OrderPath } from './order-path.ts'
import type { Wish } from './plan-orders.ts'

export const START_MS = 1_700_000_000_000
const ALERT_RULES: AlertRules = { escalateAfterMs: 300_000, repeatMs: 900_000, told: ['webhook'], escalated: ['webhook'] }
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT']

export interface PathFixture {
  path: OrderPath
  venue: PaperVenue
  clock: ManualClock
  prices: LastPrices
  random: Randomness
  /** Starts the worker and what goes with it, as the executor does. */
  trade(): Promise<Trading>
  /** The market trades, and everything that follows from it at this moment happens. */
  price(symbol: string, price: number): Promise<void>
  /** Lets time pass in steps of 500 ms; everything that is due happens. */
  pass(ms: number): Promise<void>
  settle(): Promise<void>
  /** Audit events so far, oldest first. */
  events(): Promise<AuditEvent[]>
  /** What strategies decided so far, as the audit is told. */
  decisions: AuditEvent[]
  close(): Promise<void>
}

export interface PathOptions {
  limits?: Partial<RiskLimits>
  /** Equity now; the day began, and the peak was, at 4,000. */
  equity?: string
  terms?: Partial<PaperTerms>
  misbehaviour?: Partial<Misbehaviour>
  /** How many, all on BTCUSDT 1h, named s0, s1 …; or one for each of these streams, named like it. */
  strategies?: number | readonly Stream[]
  seed?: number
  folder?: string
  /** A thread of its own for the main database, so that two fixtures on one folder wait for each other like two processes. */
  thread?: boolean
  /** The lease on exposure is the fence's; default: a controller watches it as long as a test lasts. */
  leased?: boolean
  /** A step of the clock is doubted until the next price; default: a test turns it as it likes. */
  clocked?: boolean
  /** Goes on at this time after a restart. */
  startMs?: number
  /** What the api answers for an exposed strategy; default: nobody answers. */
  askMl?: DecideDeps['askMl']
  /** Who shares in the work; default: nobody. */
  group?: Group
  /** Called before each statement on the main database, and before and after each call of the venue. What it throws ends the life. */
  onPoint?: () => void
}

/** The order path on real storage and a paper venue, by a clock turned by hand. For tests. */
export async function openPath(options: PathOptions = {}): Promise<PathFixture> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'spark-path-'))
  const clock = new ManualClock(options.startMs ?? START_MS)
  const seeded = createRandom(options.seed ?? 1)
  const random: Randomness = { ...systemRandomness, unit: () => randomUniform(seeded) }
  const database = await openFolderDatabase(folder, options.thread ?? false)
  const { onPoint = () => {} } = options
  const db = database.db.withPlugin(watchStatements(onPoint))
  const stores = createTradingStores(db)
  const unwatched = createTradingStores(database.db)
  await unwatched.strategies.install(strategiesOf(options.strategies ?? 4), START_MS)
  const venue = await openPaperVenue({
    path: join(folder, 'paper-venue.db'),
    thread: false,
    clock,
    random,
    startBalances: { USDT: '100000' },
    terms: { ...PAPER_TERMS, ...options.terms },
    misbehaviour: { ...WELL_BEHAVED, ...options.misbehaviour },
  })
  const prices: LastPrices = new Map()
  const lease = createExposureLease(clock)
  const trust = createClockTrust({ clock, marketMs: () => clock.nowMs(), before: null })
  const queue = createDatabaseQueue({ db, clock, random })
  let trading: Trading | null = null
  const decisions: AuditEvent[] = []
  const appendAll = async (events: readonly AuditEvent[]) => {
    decisions.push(...events)
    return []
  }
  const path: OrderPath = {
    ...stores,
    clock,
    log: createLog('test', 'silent'),
    queue,
    venue: watchVenue(venue, onPoint),
    instruments: new Map(SYMBOLS.map((symbol) => [symbol, instrumentNamed(symbol)])),
    async limits(trx) {
      const { limits, unreadable } = effectiveLimits({}, await stores.riskLimits.list(trx))
      return { limits: { ...limits, ...options.limits }, unreadable }
    },
    live: false,
    alerts: createAlerts({ db, rules: ALERT_RULES, clock, random }),
    wallMs: () => clock.nowMs(),
    leaseHolds: options.leased === true ? (leaseUntil) => lease.holds(leaseUntil) : () => true,
    clockDoubt: () => (options.clocked === true ? trust.doubt() : null),
    lastPrice: (symbol) => prices.get(symbol) ?? null,
    equity: () => ({ now: options.equity ?? '4000', dayStart: '4000', peak: '4000' }),
    group: options.group ?? ALONE,
    committed: () => trading?.poke(),
  }
  const settle = async () => {
    for (let turn = 0; turn < 60; turn = (await callsAnswered()) ? 0 : turn + 1)
      await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    path,
    venue,
    clock,
    prices,
    random,
    decisions,
    settle,
    async trade() {
      trading = await startTrading({
        path,
        random,
        prices,
        decide: { audit: { appendAll }, random, log: path.log, askMl: options.askMl ?? (async () => null) },
        tellPrice: (tick) => venue.onPrice(tick),
        onPriced: () => Promise.resolve(),
        pollEveryMs: 500,
        leaseMs: 15_000,
      })
      return trading
    },
    async price(symbol, price) {
      trust.heard()
      prices.set(symbol, { price, ts: clock.nowMs() })
      await venue.onPrice({ symbol, price, ts: clock.nowMs() })
      await settle()
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 500) {
        await clock.advance(Math.min(500, ms - passed))
        await settle()
      }
    },
    async events() {
      return (await path.outbox.next(100_000)).map(({ event }) => event)
    },
    async close() {
      await settle()
      if (trading === null) await venue.stop()
      else await trading.stop()
      await database.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true })
    },
  }
}

function watchVenue(venue: PaperVenue, onPoint: () => void): Venue {
  return new Proxy<Venue>(venue, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function' || name === 'start' || name === 'stop')
        return typeof value === 'function' ? value.bind(target) : value
      return async (...args: unknown[]) => {
        onPoint()
        const answer: unknown = await (value as (...all: unknown[]) => Promise<unknown>).apply(target, args)
        onPoint()
        return answer
      }
    },
  })
}

function strategiesOf(wanted: number | readonly Stream[]): Strategy[] {
  if (typeof wanted !== 'number') return wanted.map((stream) => strategyOn(`on-${streamName(stream)}`, stream))
  return Array.from({ length: wanted }, (_, at) => strategyOn(`s${at}`, { symbol: 'BTCUSDT', tf: '1h' }))
}

function strategyOn(id: string, { symbol, tf }: Stream): Strategy {
  return {
    id,
    name: id,
    symbol,
    tf,
    capital: '1000',
    mode: 'paper',
    status: 'running',
    baseline: 'ema_cross',
    exposed: false,
  }
}

export function instrumentNamed(symbol: string) {
  const instrument = paperInstrument(symbol)
  if (instrument === null) throw new Error(`${symbol} is not listed`)
  return instrument
}

/** Buys 0.01 BTC at 50,000. */
export function wish(change: Partial<Wish> = {}): Wish {
  return {
    strategyId: 's0',
    symbol: 'BTCUSDT',
    tf: '1h',
    side: 'buy',
    purpose: 'enter',
    arm: 'baseline',
    quantity: '0.01',
    referencePrice: '50000',
    capital: '1000',
    candleTs: START_MS - 3_600_000,
    moment: change.candleTs ?? START_MS - 3_600_000,
    validUntil: START_MS + 60_000,
    traceId: 'a'.repeat(32),
    ...change,
  }
}
