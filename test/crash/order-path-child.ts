// One life of the order path, on the folder given, ended by SIGKILL at the given point: before the n-th statement on the main
// database or call of the venue, counted over the whole life. Without a point it lives until every order has ended.
// node order-path-child.ts FOLDER POINT SEED [well]
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@spark/contract/client'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import type { Clock } from '@spark/server/clock'
import { systemClock } from '@spark/server/clock'
import { openOrderDesk } from '@spark/server/executor/order-desk'
import { createLog } from '@spark/server/log'
import { systemRandomness } from '@spark/server/random'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createOrderStore } from '@spark/server/storage/order-store'
import { WELL_BEHAVED } from '@spark/server/venue/misbehaviour'
import { PAPER_TERMS, openPaperVenue } from '@spark/server/venue/paper-venue'
import type { Venue } from '@spark/server/venue/venue'

const [folder = '', pointText = '0', seedText = '1', behaviour = ''] = process.argv.slice(2)
const point = Number(pointText)
const SPEED = 25
const HOUR = 3_600_000

/** Runs 25 times as fast, so that receive windows and leases pass in a fraction of a second. */
const startMs = systemClock.nowMs()
const startedMs = systemClock.monotonicMs()
const fast: Clock = {
  nowMs: () => Math.floor(startMs + (systemClock.monotonicMs() - startedMs) * SPEED),
  // The fence of a second between a transaction and the socket is real time.
  monotonicMs: () => systemClock.monotonicMs(),
  after: (ms, callback) => systemClock.after(ms / SPEED, callback),
  every: (ms, callback) => systemClock.every(ms / SPEED, callback),
  sleep: (ms) => systemClock.sleep(ms / SPEED),
}

let passed = 0
function pass(): void {
  passed += 1
  if (passed === point) process.kill(process.pid, 'SIGKILL')
}

/** Every method of the venue is two points: before it is called, and when it has answered. */
function watched(venue: Venue): Venue {
  return new Proxy(venue, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        pass()
        const answer: unknown = await (value as (...all: unknown[]) => Promise<unknown>).apply(target, args)
        pass()
        return answer
      }
    },
  })
}

const seeded = createRandom(Number(seedText))
const random = { ...systemRandomness, unit: () => randomUniform(seeded) }
const database = await openMainDatabase({ path: join(folder, 'spark.db'), thread: true })
const db = database.db.withPlugin({
  transformQuery({ node }) {
    pass()
    return node
  },
  transformResult: ({ result }) => Promise.resolve(result),
})
const venue = await openPaperVenue({
  path: join(folder, 'paper-venue.db'),
  thread: true,
  clock: fast,
  random,
  startBalances: { USDT: '100000' },
  terms: { ...PAPER_TERMS, partialFills: 0.5 },
  misbehaviour:
    behaviour === 'well'
      ? WELL_BEHAVED
      : {
          ...WELL_BEHAVED,
          acceptThenTimeOut: 0.25,
          failUnplaced: 0.15,
          duplicateFill: 0.5,
          fillBeforeAnswer: 0.3,
          notFoundForMs: 3000,
        },
})
const auditReader = openAuditReader({ dataDir: folder, thread: false })
const audit = await openAuditWriter({ dataDir: folder, writer: 'executor', clock: fast })
const orderAudit = await openAuditWriter({ dataDir: folder, writer: 'orders', clock: fast })
const desk = await openOrderDesk({
  clock: fast,
  wallClock: fast,
  random,
  log: createLog('order-path', 'error'),
  database: { ...database, db },
  venue: watched(venue),
  tellPrice: (tick) => venue.onPrice(tick),
  live: false,
  channels: [],
  file: { strategies: [1, 2, 3].map((n) => ({ id: `s${n}`, symbol: 'LTCUSDT', tf: '1h' })) },
  symbols: ['LTCUSDT'],
  audit,
  orderAudit,
  auditReader,
  client: createClient({ baseUrl: 'http://127.0.0.1:9' }),
})

// Not a part of what is killed: this looks past the points.
const orders = createOrderStore(database.db)
const stream = { symbol: 'LTCUSDT', tf: '1h' as const }
// The next life meets the same candle, which closed just before the first one began.
const candleFile = join(folder, 'candle')
if (!existsSync(candleFile)) writeFileSync(candleFile, String(fast.nowMs() - HOUR))
const openTs = Number(readFileSync(candleFile, 'utf8'))
const row = {
  ...stream,
  ts: openTs,
  o: 80,
  h: 81,
  l: 79,
  c: 80,
  v: 1,
  rsi_14: 50,
  macd_hist: 0,
  ema_20: 81,
  ema_50: 80,
  atr_14: 1,
}
const trade = () => desk.trading.onCandle(stream, { ts: fast.nowMs(), o: 80, h: 80, l: 80, c: 80, v: 1 }, false)
await trade()
await desk.trading.onClosedRow(stream, row satisfies FeatureRow)
const deadlineMs = systemClock.monotonicMs() + 15_000
for (;;) {
  await trade()
  const states = await orders.countByState()
  const open = (['reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown'] as const).some(
    (state) => (states[state] ?? 0) > 0,
  )
  if (!open) break
  if (systemClock.monotonicMs() > deadlineMs) throw new Error(`orders have not ended: ${JSON.stringify(states)}`)
  await systemClock.sleep(10)
}
await desk.stop()
await orderAudit.close()
await audit.close()
await auditReader.close()
await database.close()
console.log(JSON.stringify({ points: passed }))
