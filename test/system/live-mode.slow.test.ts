import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { SimulatedMarket } from '@spark/server/feed/simulated-market'
import { startBinanceServer, type BinanceServer } from '../binance/binance-server.ts'
import { API_KEY, API_SECRET } from '../binance/order-desk.ts'
import { createSpark, eventually, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

// The way of docs/operations.md from an empty folder to live, against a server that speaks the exchange's protocol.

let exchange: BinanceServer
let spark: Spark
beforeAll(async () => {
  const nowMs = Date.now()
  exchange = await startBinanceServer({ nowMs: () => Date.now() })
  const stream = { symbol: 'BTCUSDT', tf: '1h' } as const
  exchange.book.putCandles(stream, new SimulatedMarket({ seed: 7 }).candlesBefore(stream, 1000, nowMs, nowMs))
  spark = await createSpark({
    SPARK_MODE: 'live',
    SPARK_VENUE: 'ccxt:binance',
    SPARK_FEED: 'ccxt:binance',
    SPARK_EXCHANGE_URL: exchange.origin,
  })
  spark.env['SPARK_CONFIG'] = join(spark.dataDir, 'live.yaml')
})
afterAll(async () => {
  await spark.remove()
  await exchange.close()
})

const configure = (text: string) => writeFileSync(join(spark.dataDir, 'live.yaml'), text)
const LIMITS = `risk:
  allowedSymbols: [BTCUSDT]
  maxOrderNotional: 100
  maxStrategyNotional: 100
  maxTotalNotional: 200
  maxOrdersPerMinute: 10
  maxDailyLoss: 20
  maxDrawdownPercent: 5
`
const risk = async () => JSON.parse((await spark.run('risk', '--json')).stdout) as AnswerOf<'risk'>
async function stop(process: SparkProcess): Promise<void> {
  process.child.kill('SIGTERM')
  expect(await process.ended).toBe(0)
}

it(
  'live refuses to start until all is there, then trades as it says, and its folder is no folder for paper',
  { timeout: 120_000 },
  async () => {
    configure('strategies:\n  - { id: s, symbol: BTCUSDT, tf: 1h, capital: 50 }\n')
    const refused = spark.start('up')
    expect(await refused.ended).toBe(78)
    for (const words of [
      'no exchange keys are stored for \\"ccxt:binance\\"; run: spark keys add ccxt:binance --live',
      'live needs every limit in writing; under \\"risk:\\" of config/spark.yaml are missing: allowedSymbols, maxOrderNotional',
      'no strategy is armed',
    ])
      expect(refused.log()).toContain(words)
    expect(exchange.requests.filter((request) => request.includes('/order'))).toEqual([])

    configure(`strategies:\n  - { id: s, symbol: BTCUSDT, tf: 1h, capital: 50, mode: live }\n${LIMITS}`)
    expect((await spark.runWith(`${API_KEY}\n${API_SECRET}\n`, 'keys', 'add', 'ccxt:binance', '--live')).code).toBe(0)
    const up = spark.start('up')
    await healthy(spark)
    await healthy(spark, 'executor')
    // It signs with the keys, so the exchange shows the account.
    await eventually('books that agree', 20_000, async () => (await risk()).venue.reconciledAt)
    expect(await risk()).toMatchObject({ venue: { name: 'ccxt:binance', haltedReason: null } })
    await eventually('the word of spark up', 10_000, async () => up.log().includes('Orders: ccxt:binance, REAL MONEY.'))

    exchange.desk.deposit('USDT', '250.5')
    await eventually('the halt', 20_000, async () => (await risk()).venue.haltedReason?.includes('USDT'))
    expect((await spark.run('account', 'deposit', 'USDT', '250.5', '--reason', 'monthly')).code).toBe(0)
    await eventually('the end of the halt', 20_000, async () => (await risk()).venue.haltedReason === null)
    await stop(up)
    expect(up.log()).not.toContain(API_SECRET)
    expect(up.log()).not.toContain(API_KEY)

    spark.env['SPARK_MODE'] = 'paper'
    const paper = spark.start('up')
    expect(await paper.ended).toBe(78)
    expect(paper.log()).toContain(
      'this data folder holds the book of \\"ccxt:binance\\" and cannot be opened for \\"ccxt:binance testnet\\"',
    )
  },
)
