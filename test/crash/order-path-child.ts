// One life of the order path on the folder given. It ends by SIGKILL where it is told to, or when everything has ended.
// node order-path-child.ts FOLDER DATABASE BOOK SEED well|badly new:FOLDER|some:FOLDER|point:N|none
// new:   at the first await point that no life has died at yet; FOLDER remembers them.
// some:  likewise, at one of four; which ones changes with the code around them.
// point: at the n-th point of this life.
// A point is each statement on the main database, after it and before who asked hears of it; each call of the venue and each append to an audit chain, before and after.
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createClient } from '@spark/contract/client'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { createFastClock, systemClock } from '@spark/server/clock'
import { openOrderDesk } from '@spark/server/executor/order-desk'
import { liftKillSwitch, setKillSwitch } from '@spark/server/kill-switch'
import { createLog } from '@spark/server/log'
import { createDatabaseQueue } from '@spark/server/queue/database-queue'
import { systemRandomness } from '@spark/server/random'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { watchStatements } from '@spark/server/storage/watch-statements-fixture'
import { WELL_BEHAVED } from '@spark/server/venue/misbehaviour'
import { PAPER_TERMS, openPaperVenue } from '@spark/server/venue/paper-venue'

const [folder = '', databasePath = '', bookPath = '', seedText = '1', behaviour = '', at = 'none'] = process.argv.slice(2)
const SPEED = 25
const HOUR = 3_600_000
const ENDED_WITHIN_MS = 15_000

/** Runs 25 times as fast, so that receive windows and leases pass in a fraction of a second; on and on over the lives of a folder. */
const bornFile = join(folder, 'born')
if (!existsSync(bornFile)) writeFileSync(bornFile, String(systemClock.nowMs()))
const bornMs = Number(readFileSync(bornFile, 'utf8'))
// Its venue is in this process, nothing is under way to it: the receive window is as fast as all else.
const clock = { ...createFastClock(systemClock, { fastMs: bornMs, realMs: bornMs, speed: SPEED }), speed: 1 }

let passed = 0
const met = new Set<string>()
const [mode, ofMode] = [at.slice(0, at.indexOf(':')), at.slice(at.indexOf(':') + 1)]
Error.stackTraceLimit = 60
function pass(what: string): void {
  passed += 1
  if (mode === 'point' && passed === Number(ofMode)) process.kill(process.pid, 'SIGKILL')
  if (mode !== 'new' && mode !== 'some') return
  const site = `${what} in ${callers()}`
  if (met.has(site)) return
  met.add(site)
  const digest = createHash('sha256').update(site).digest('hex')
  if (mode === 'some' && Number.parseInt(digest.slice(0, 2), 16) % 4 !== 0) return
  try {
    mkdirSync(join(ofMode, digest))
  } catch {
    return
  }
  appendFileSync(join(ofMode, 'sites.txt'), `${site}\n`)
  process.kill(process.pid, 'SIGKILL')
}

/** Where in the code it is awaited: the store's statement, and the line of the order path that asked for it. */
function callers(): string {
  const frames = (new Error('here').stack ?? '').split('\n').map((frame) => /server\/src\/(.+\.ts:\d+)/.exec(frame)?.[1] ?? '')
  const own = frames.filter((frame) => frame !== '' && !/^storage\/(sqlite|postgres|audit)\//.test(frame))
  const store = own.find((frame) => frame.startsWith('storage/'))
  const asks = own.find((frame) => !frame.startsWith('storage/'))
  return [store, asks].filter((frame) => frame !== undefined).join(' < ')
}

function watched<Target extends object>(name: string, target: Target, methods: readonly string[] | null): Target {
  return new Proxy(target, {
    get(own, key) {
      const value: unknown = Reflect.get(own, key)
      if (typeof value !== 'function') return value
      if (methods !== null && !methods.includes(String(key))) return value.bind(own) as unknown
      return async (...args: unknown[]) => {
        pass(`before ${name}.${String(key)}`)
        const answer: unknown = await (value as (...all: unknown[]) => Promise<unknown>).apply(own, args)
        pass(`after ${name}.${String(key)}`)
        return answer
      }
    },
  })
}

// The other process: what the api would answer the executor for an exposed strategy.
let mlDecision = 0
const api = createServer((_request, response) => {
  const answer = { decision: mlDecision, score: 0.5, confid: 0.7, advisory: false, guardrails: { pass: true, reasons: [] } }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(answer))
})
await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
api.unref()

const seeded = createRandom(Number(seedText))
const random = { ...systemRandomness, unit: () => randomUniform(seeded) }
const database = await openMainDatabase({ path: databasePath, thread: false })
const db = database.db.withPlugin(watchStatements(() => pass('after a statement')))
// One life in three meets a calm venue: what is only reached when all goes well is reached too.
const calm = behaviour === 'well' || Number(seedText) % 3 === 0
const badly = { acceptThenTimeOut: 0.25, failUnplaced: 0.15, duplicateFill: 0.5, fillBeforeAnswer: 0.3, notFoundForMs: 3000 }
const venue = await openPaperVenue({
  path: bookPath,
  thread: false,
  clock,
  random,
  startBalances: { USDT: '100000' },
  terms: { ...PAPER_TERMS, partialFills: 0.5 },
  misbehaviour: { ...WELL_BEHAVED, ...(calm ? {} : { ...badly, rateLimit: 0.1, clockSkew: 0.1, idReuse: 1 }) },
})
const location = { dataDir: folder, databasePath }
const auditReader = openAuditReader({ ...location, thread: false })
const audit = await openAuditWriter({ ...location, writer: 'executor', clock })
const orderAudit = await openAuditWriter({ ...location, writer: 'orders', clock })

// Looks and asks past the points: the other process, and this test.
const stores = createTradingStores(database.db)
const queue = createDatabaseQueue({ db: database.db, clock, random })
const IDS = ['s1', 's2', 's3']
await stores.strategies.install(
  IDS.map((id) => ({
    id,
    name: id,
    symbol: 'LTCUSDT',
    tf: '1h',
    capital: '1000',
    mode: 'paper',
    status: 'running',
    baseline: 'ema_cross',
    // Its decision is opposite to that of the others, so that orders meet inside.
    exposed: id === 's3',
  })),
  clock.nowMs(),
)
// A controller watches the exposure as long as this lasts.
const leaseExposure = () => stores.risk.leaseExposure(database.db, clock.nowMs() + 30_000)
await leaseExposure()
const stopLeasing = clock.every(5000, () => void leaseExposure())
const desk = await openOrderDesk({
  clock,
  wallClock: clock,
  marketMs: () => clock.nowMs(),
  random,
  log: createLog('order-path', 'fatal'),
  database: { ...database, db },
  venue: watched('venue', venue, null),
  tellPrice: (tick) => venue.onPrice(tick),
  live: false,
  alertRules: { escalateAfterMs: 300_000, repeatMs: 900_000, told: [], escalated: [] },
  file: { strategies: IDS.map((id) => ({ id, symbol: 'LTCUSDT', tf: '1h' })) },
  symbols: ['LTCUSDT'],
  audit: watched('audit', audit, ['append', 'appendAll']),
  orderAudit: watched('audit', orderAudit, ['append', 'appendAll']),
  auditReader,
  client: createClient({ baseUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}` }),
})

const stream = { symbol: 'LTCUSDT', tf: '1h' as const }
const trade = () => desk.trading.onCandle(stream, { ts: clock.nowMs(), o: 80, h: 80, l: 80, c: 80, v: 1 }, false)
const prices = { o: 80, h: 81, l: 79, c: 80, v: 1 }

/** The market says up and down in turn. */
async function decide(candleTs: number, up: boolean): Promise<void> {
  mlDecision = up ? -1 : 1
  const row = { ...stream, ts: candleTs, ...prices, rsi_14: 50, macd_hist: 0, ema_20: up ? 81 : 79, ema_50: 80, atr_14: 1 }
  await desk.trading.onClosedRow(stream, row satisfies FeatureRow)
}

/** Until no job waits and every order has ended; the market trades meanwhile unless told otherwise. */
async function ended(trades = true): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + ENDED_WITHIN_MS
  for (;;) {
    if (trades) await trade()
    const { ready, delayed, leased } = (await queue.depth()).order
    const open = await stores.orders.open(database.db)
    if (ready + delayed + leased === 0 && (open.length === 0 || !trades)) return
    if (systemClock.monotonicMs() > deadlineMs)
      throw new Error(`not ended: ${ready + delayed + leased} jobs, orders ${open.map(({ state }) => state).join()}`)
    desk.trading.poke()
    await systemClock.sleep(5)
  }
}

// Switches of one strategy alert nobody.
const parts = { stores, queue, clock, alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() } }
const request = (scope: string) => ({ scope, reason: 'a test', actor: 'test', traceId: systemRandomness.traceId() })
await liftKillSwitch(parts, request('strategy:s1'))
await trade()
// The life before may have died on its candle: this one meets it again.
const candlesFile = join(folder, 'candles')
const candles = existsSync(candlesFile) ? readFileSync(candlesFile, 'utf8').trim().split('\n').map(Number) : []
const last = candles.at(-1)
if (last !== undefined) await decide(last, candles.length % 2 === 1)
await ended()
const next = clock.nowMs() - HOUR
appendFileSync(candlesFile, `${next}\n`)
const up = candles.length % 2 === 0
await decide(next, up)
if (up) {
  await setKillSwitch(parts, request('strategy:s1'))
  await ended(false)
  await liftKillSwitch(parts, request('strategy:s1'))
}
await ended()
if (up) {
  const payload = { kind: 'flatten', scope: 'strategy:s2', requestId: `candle ${next}`, actor: 'test', askedAt: clock.nowMs() }
  await queue.enqueue(database.db, { queue: 'order', key: `flatten ${next}`, payload })
  await ended()
}
stopLeasing()
await desk.stop()
await orderAudit.close()
await audit.close()
await auditReader.close()
await database.close()
console.log(JSON.stringify({ points: passed }))
