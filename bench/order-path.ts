import { join } from 'node:path'
import type { Strategy } from '@spark/core/trading/strategy'
import { systemClock } from '@spark/server/clock'
import { ALONE } from '@spark/server/executor/group/group'
import type { OrderPath } from '@spark/server/executor/orders/order-path'
import type { Wish } from '@spark/server/executor/orders/plan-orders'
import { createLog } from '@spark/server/log'
import { createAlerts } from '@spark/server/notify/alerts'
import { createDatabaseQueue } from '@spark/server/queue/database-queue'
import { systemRandomness } from '@spark/server/random'
import { effectiveLimits } from '@spark/server/risk-limits'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import type { AuditWriter } from '@spark/server/storage/audit/audit-event'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { paperInstrument } from '@spark/server/venue/paper-instruments'
import { openPaperVenue, type PaperVenue } from '@spark/server/venue/paper-venue'
import { temporaryFolder } from './support.ts'

/** No limit is in the way of what is measured. */
const WIDE = { risk: { maxTotalNotional: '1000000000', maxOrdersPerMinute: 1_000_000, maxRepeats: 1_000_000 } }

export const STRATEGIES = 10_000
export const STREAM = { symbol: 'BTCUSDT', tf: '1m' as const }
export const MINUTE_MS = 60_000
export const PRICE = 50_000

export interface OpenPath {
  path: OrderPath
  venue: PaperVenue
  audit: AuditWriter
  close(): Promise<void>
}

/**
 * The order path of an executor with 10,000 strategies on one stream, its storage in threads as there; limits let everything pass.
 * `url`: of a database on PostgreSQL, else all lies in files.
 */
export async function openPath(folder: string, url: string | null = null): Promise<OpenPath> {
  const dataDir = temporaryFolder(folder)
  const databasePath = url ?? join(dataDir, 'spark.db')
  const database = await openMainDatabase({ path: databasePath, thread: true })
  const { db } = database
  const clock = systemClock
  const random = systemRandomness
  const stores = createTradingStores(db)
  const strategies = Array.from({ length: STRATEGIES }, (_, at) => strategyAt(at))
  await stores.strategies.install(strategies, clock.nowMs())
  const venue = await openPaperVenue({
    path: url ?? join(dataDir, 'paper.db'),
    thread: true,
    clock,
    random,
    startBalances: { USDT: '1000000000' },
  })
  const instrument = paperInstrument(STREAM.symbol)
  if (instrument === null) throw new Error('no instrument')
  const path: OrderPath = {
    ...stores,
    clock,
    wallMs: () => clock.nowMs(),
    leaseHolds: () => true,
    clockDoubt: () => null,
    log: createLog('bench', 'silent'),
    queue: createDatabaseQueue({ db, clock, random }),
    venue,
    instruments: new Map([[STREAM.symbol, instrument]]),
    limits: async (trx) => effectiveLimits(WIDE, await stores.riskLimits.list(trx)),
    live: false,
    alerts: createAlerts({ db, rules: { escalateAfterMs: 300_000, repeatMs: 900_000, told: [], escalated: [] }, clock, random }),
    lastPrice: () => ({ price: PRICE, ts: clock.nowMs() }),
    equity: () => ({ now: '10000000', dayStart: '10000000', peak: '10000000' }),
    group: ALONE,
    committed: () => {},
  }
  const audit = await openAuditWriter({ dataDir, databasePath, writer: `executor-${process.pid}`, clock })
  return {
    path,
    venue,
    audit,
    async close() {
      await audit.close()
      await venue.stop()
      await database.close()
    },
  }
}

function strategyAt(at: number): Strategy {
  return {
    id: `s${at}`,
    name: `s${at}`,
    ...STREAM,
    capital: '1000',
    mode: 'paper',
    status: 'running',
    baseline: 'ema_cross',
    exposed: false,
  }
}

/** Strategy `at` wishes to enter for 500. */
export function wishOf(at: number): Wish {
  return {
    strategyId: `s${at}`,
    symbol: STREAM.symbol,
    tf: STREAM.tf,
    side: 'buy',
    purpose: 'enter',
    arm: 'baseline',
    quantity: '0.01',
    referencePrice: String(PRICE),
    capital: '1000',
    candleTs: MINUTE_MS,
    moment: MINUTE_MS,
    validUntil: systemClock.nowMs() + 10 * MINUTE_MS,
    traceId: '0'.repeat(32),
  }
}
