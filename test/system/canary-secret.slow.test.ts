import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROUTES } from '@spark/contract/routes'
import type { Candle, Stream } from '@spark/core/market/candle'
import { startBinanceServer, type BinanceServer } from '../binance/binance-server.ts'
import { API_KEY, API_SECRET } from '../binance/order-desk.ts'
import { everythingKept } from '../support/kept.ts'
import { createSpark, eventually, health, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

// Keys of an exchange are stored, used and in the memory of a process that crashes: then everything that it left is searched for them.

const MINUTE = 60_000
const STREAM: Stream = { symbol: 'BTCUSDT', tf: '1m' }
const ECHO = JSON.stringify({ code: -1000, msg: `who sent ${API_KEY} and ${API_SECRET}?` })
const PRELOAD = fileURLToPath(new URL('./crash-on-demand.ts', import.meta.url))

/** In every form that a log, a URL or a dump may give them; four characters of the API key are shown as its hint. */
const FORMS = [API_KEY, API_SECRET].flatMap((secret) => {
  const half = secret.slice(0, secret.length / 2)
  return [
    half,
    secret.slice(8, 32),
    encodeURIComponent(half),
    Buffer.from(secret).toString('base64').slice(0, 40),
    Buffer.from(secret).toString('hex'),
  ]
})

let exchange: BinanceServer
let spark: Spark
let up: SparkProcess
let reports: string
/** The price goes up: the baseline says so at every close. */
const candleAt = (ts: number): Candle => {
  const o = 50_000 + (ts - start) / MINUTE
  return { ts, o, h: o + 1, l: o - 1, c: o + 1, v: 1 }
}
const start = Math.floor(Date.now() / MINUTE) * MINUTE

beforeAll(async () => {
  exchange = await startBinanceServer({ nowMs: () => Date.now(), symbols: ['BTCUSDT'] })
  exchange.book.putCandles(
    STREAM,
    Array.from({ length: 1000 }, (_, at) => candleAt(start - (1000 - at) * MINUTE)),
  )
  exchange.desk.trade('BTCUSDT', '50000')
  spark = await createSpark({
    SPARK_VENUE: 'ccxt:binance',
    SPARK_FEED: 'ccxt:binance',
    SPARK_EXCHANGE_URL: exchange.origin,
    CANARY_TIMEFRAME: '1m',
    SPARK_LOG_LEVEL: 'trace',
  })
  reports = join(spark.dataDir, 'reports')
  mkdirSync(reports)
  writeFileSync(join(spark.dataDir, 'spark.yaml'), 'strategies:\n  - { id: s, symbol: BTCUSDT, tf: 1m, capital: 500 }\n')
  Object.assign(spark.env, {
    SPARK_CONFIG: join(spark.dataDir, 'spark.yaml'),
    CRASH_FILE: join(spark.dataDir, 'crash'),
    NODE_OPTIONS: `--import=${PRELOAD} --report-uncaught-exception --report-on-signal --report-on-fatalerror --report-directory=${reports}`,
  })
}, 60_000)
afterAll(async () => {
  await spark.remove()
  await exchange.close()
})

/** Crashes a process of Spark while it holds what it holds, and waits for its successor. */
async function crash(name: 'api' | 'executor'): Promise<void> {
  const { pid } = await health(spark, name)
  const before = readdirSync(reports).length
  process.kill(pid, 'SIGUSR2')
  await eventually(`the report of ${name}`, 10_000, async () => readdirSync(reports).length > before)
  writeFileSync(join(spark.dataDir, `crash-${name}`), '')
  await eventually(`${name} again`, 40_000, async () => (await healthy(spark, name)).pid !== pid)
}

/** Everything that anyone may be given: each GET route with a token, the executor's answers, commands. */
async function answers(): Promise<string[]> {
  const texts: string[] = []
  for (const { method, path } of Object.values(ROUTES)) {
    if (method !== 'GET' || path.includes(':') || path === '/api/events') continue
    const response = await fetch(`${spark.apiUrl}${path}`, { headers: { authorization: `Bearer ${spark.token()}` } })
    texts.push(`${path} ${await response.text()}`)
  }
  for (const path of ['/health', '/metrics']) texts.push(await (await fetch(`${spark.executorUrl}${path}`)).text())
  for (const command of [['keys', 'list', '--json'], ['doctor'], ['status'], ['orders', '--json'], ['audit', 'export']]) {
    const { stdout, stderr } = await spark.run(...command)
    texts.push(`${command.join(' ')} ${stdout} ${stderr}`)
  }
  return texts
}

function leaksIn(what: string, content: Buffer): string[] {
  return FORMS.filter((form) => content.includes(form)).map((form) => `${what} holds ${form}`)
}

it(
  'keys of an exchange are in no file, log, answer, report or process list, through trades, errors that repeat them, and crashes',
  { timeout: 180_000 },
  async () => {
    expect((await spark.runWith(`${API_KEY}\n${API_SECRET}\n`, 'keys', 'add', 'ccxt:binance')).code).toBe(0)
    up = spark.start('up')
    await healthy(spark)
    await healthy(spark, 'executor')
    const now = Math.floor(Date.now() / MINUTE) * MINUTE
    await eventually('the executor subscribes', 40_000, async () => exchange.push(STREAM, candleAt(now), false) > 0)
    // Whatever stands between repeats what it heard: as an answer to an order that was taken, to the question what became of it, and
    // to the books.
    exchange.fail({ status: 500, body: ECHO, afterwards: true, on: 'POST /api/v3/order' })
    for (const on of ['GET /api/v3/order', 'GET /api/v3/openOrders']) exchange.fail({ status: 401, body: ECHO, on })
    // The next candle closes this one: the strategy buys, and the keys sign for it.
    await eventually('an order of the keys', 30_000, async () => {
      exchange.push(STREAM, candleAt(now), false)
      exchange.push(STREAM, candleAt(now + MINUTE), false)
      return exchange.desk.orders.length > 0
    })
    expect(exchange.desk.orders[0]).toMatchObject({ symbol: 'BTCUSDT', side: 'BUY', status: 'FILLED' })
    await eventually('errors that repeat the keys', 60_000, async () => up.log().includes('who sent [removed] and [removed]?'))
    await eventually('the order in our book', 30_000, async () => (await spark.run('orders')).stdout.includes('filled'))
    await crash('executor')
    await crash('api')
    await eventually('a trade of the successor', 30_000, async () => (await health(spark, 'executor')).ok)

    const kept = await everythingKept(spark)
    expect(kept.filter(([place]) => place.startsWith(reports)).length).toBeGreaterThanOrEqual(2)
    const leaks = kept.flatMap(([place, content]) => leaksIn(place, content))
    const log = up.log()
    expect(log).toContain('crash on demand')
    leaks.push(...leaksIn('the log', Buffer.from(log)))
    for (const text of await answers()) leaks.push(...leaksIn(text.slice(0, 60), Buffer.from(text)))
    for (const name of ['api', 'executor'] as const) {
      const { pid } = await health(spark, name)
      for (const file of [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].filter((path) => existsSync(path)))
        leaks.push(...leaksIn(`${name} ${file}`, readFileSync(file)))
    }
    expect(leaks).toEqual([])
    // The search finds what is there: the exchange was told the API key with every signed request.
    expect(leaksIn('a request', Buffer.from(`x-mbx-apikey: ${API_KEY}`))).not.toEqual([])
  },
)
