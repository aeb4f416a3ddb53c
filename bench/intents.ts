// From a wish to a durable order: planOrders on a database of its own, in plans as candles close them and one by one; and the
// processor time of 10,000 strategies that decide once a minute.
import { join } from 'node:path'
import { DEFAULT_RISK_LIMITS } from '@spark/core/trading/risk'
import type { Strategy } from '@spark/core/trading/strategy'
import { systemClock } from '@spark/server/clock'
import { createDecider } from '@spark/server/executor/decide-strategies'
import type { OrderPath } from '@spark/server/executor/orders/order-path'
import { planOrders, type Wish } from '@spark/server/executor/orders/plan-orders'
import { createLog } from '@spark/server/log'
import { createDatabaseQueue } from '@spark/server/queue/database-queue'
import { systemRandomness } from '@spark/server/random'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { paperInstrument } from '@spark/server/venue/paper-instruments'
import { openPaperVenue } from '@spark/server/venue/paper-venue'
import { formatNumber, median, quantile, type Figure } from './figure.ts'
import { bench, progress, temporaryFolder } from './support.ts'

const STRATEGIES = 10_000
const STREAM = { symbol: 'BTCUSDT', tf: '1m' as const }
const MINUTE = 60_000

const strategyAt = (at: number): Strategy => ({
  id: `s${at}`,
  name: `s${at}`,
  ...STREAM,
  capital: '1000',
  mode: 'paper',
  status: 'running',
  baseline: 'ema_cross',
  exposed: false,
})

async function openPath(folder: string) {
  const dataDir = temporaryFolder(folder)
  const database = await openMainDatabase({ path: join(dataDir, 'spark.db'), thread: true })
  const { db } = database
  const clock = systemClock
  const random = systemRandomness
  const stores = createTradingStores(db)
  await stores.strategies.install(
    Array.from({ length: STRATEGIES }, (_, at) => strategyAt(at)),
    clock.nowMs(),
  )
  const venue = await openPaperVenue({
    path: join(dataDir, 'paper.db'),
    thread: true,
    clock,
    random,
    startBalances: { USDT: '1' },
  })
  const instrument = paperInstrument(STREAM.symbol)
  if (instrument === null) throw new Error('no instrument')
  const path: OrderPath = {
    ...stores,
    clock,
    wallMs: () => clock.nowMs(),
    log: createLog('bench', 'silent'),
    queue: createDatabaseQueue({ db, clock, random }),
    venue,
    instruments: new Map([[STREAM.symbol, instrument]]),
    limits: { ...DEFAULT_RISK_LIMITS, maxTotalNotional: '1000000000', maxOrdersPerMinute: 1_000_000_000, maxRepeats: 1_000_000 },
    live: false,
    alerts: { resolve: () => Promise.resolve(), raise: () => Promise.resolve() },
    lastPrice: () => ({ price: 50_000, ts: clock.nowMs() }),
    equity: () => ({ now: '10000000', dayStart: '10000000', peak: '10000000' }),
    committed: () => {},
  }
  const audit = await openAuditWriter({ dataDir, writer: 'executor', clock })
  return { path, audit }
}

let made = 0
/** A strategy that has no order yet wishes to enter. */
function wishes(count: number): Wish[] {
  return Array.from({ length: count }, () => ({
    strategyId: `s${made++ % STRATEGIES}`,
    symbol: STREAM.symbol,
    side: 'buy' as const,
    purpose: 'enter' as const,
    arm: 'baseline' as const,
    quantity: '0.01',
    referencePrice: '50000',
    capital: '1000',
    candleTs: made,
    moment: made,
    validUntil: systemClock.nowMs() + MINUTE,
    traceId: '0'.repeat(32),
  }))
}

interface Planned {
  perSecond: number
  p99Ms: number
}

/** Plans of `size` wishes, one after the other, until `rows` are durable; a wish waits for its plan. */
async function plan(path: OrderPath, size: number, rows: number): Promise<Planned> {
  const waits: number[] = []
  const startedMs = systemClock.monotonicMs()
  for (let done = 0; done < rows; done += size) {
    const sentMs = systemClock.monotonicMs()
    const orders = await planOrders(path, wishes(size))
    if (orders.some(({ state }) => state !== 'reserved')) throw new Error(`refused: ${orders[0]?.reason ?? ''}`)
    waits.push(systemClock.monotonicMs() - sentMs)
  }
  return {
    perSecond: (rows / (systemClock.monotonicMs() - startedMs)) * 1000,
    p99Ms: quantile(
      waits.sort((a, b) => a - b),
      0.99,
    ),
  }
}

await bench({ rounds: 3, roundMs: 0 }, async ({ rounds, folder }) => {
  const figures: Figure[] = []
  for (const [size, rows] of [
    [1, 300],
    [25, 2000],
  ] as const) {
    const results: Planned[] = []
    for (let round = 0; round < rounds; round++) {
      const { path } = await openPath(folder)
      results.push(await plan(path, size, rows))
      progress(`intents, plans of ${size}, round ${round + 1}/${rounds}`)
    }
    const note = `orders, reservation, audit event and job in one transaction of ${size}; ${STRATEGIES} strategies stored`
    figures.push(
      {
        what: `durable intents, ${size} a plan`,
        baseline: null,
        unit: '/s',
        values: results.map((one) => one.perSecond),
        target: { atLeast: 500 },
        note,
      },
      {
        what: `durable intents, ${size} a plan, p99`,
        baseline: null,
        unit: 'ms',
        values: results.map((one) => one.p99Ms),
        target: { under: 50 },
        note,
      },
    )
  }
  const shares: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { path, audit } = await openPath(folder)
    const row = {
      ...STREAM,
      ts: 60_000 * 1000,
      o: 1,
      h: 1,
      l: 1,
      c: 1,
      v: 1,
      rsi_14: 50,
      macd_hist: 0,
      ema_20: 1,
      ema_50: 2,
      atr_14: 1,
    }
    const decide = createDecider({ path, audit, random: systemRandomness, log: path.log, askMl: () => Promise.resolve(null) })
    const before = process.cpuUsage()
    for (let minute = 0; minute < 3; minute++) await decide(STREAM, { ...row, ts: row.ts + minute * MINUTE })
    const used = process.cpuUsage(before)
    shares.push(((used.user + used.system) / 1000 / 3 / MINUTE / 2) * 100)
    await audit.close()
  }
  figures.push({
    what: `${STRATEGIES} strategies that decide each minute`,
    baseline: null,
    unit: '% of two processors',
    values: shares,
    target: { under: 30 },
    note: `${formatNumber((median(shares) / 100) * 2 * 60_000)} ms of processor time a minute, all threads: decisions audited, none changes a position; scores of the api not included`,
  })
  return figures
})
