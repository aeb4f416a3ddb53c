import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Stream } from '@spark/core/market/candle'
import { SimulatedMarket } from '@spark/server/feed/simulated-market'
import { startBinanceServer, type BinanceServer } from '../binance/binance-server.ts'
import { createSpark, eventually, healthy, onlyCanary, SHARED_DATA, type Spark } from '../support/spark.ts'

let spark: Spark
let exchange: BinanceServer | null = null
afterEach(async () => {
  await spark.remove()
  await exchange?.close()
  exchange = null
})

interface Row {
  result: string
  actor: string
  context: { feature: { ts: number; c: number }; marketNowMs?: number }
}

async function firstScore(): Promise<Row> {
  return eventually('a score', 60_000, async () => {
    const response = await fetch(`${spark.apiUrl}/api/audit/list`, {
      method: 'POST',
      body: JSON.stringify({ action: 'ml.score', limit: 1 }),
    })
    return ((await response.json()) as { items: Row[] }).items[0]
  })
}

it('an exchange (ccxt:binance against a local server) is scored from its own candles', async () => {
  const stream: Stream = { symbol: 'BTCUSDT', tf: '1h' }
  const market = new SimulatedMarket({ seed: 7 })
  const nowMs = Date.now()
  exchange = await startBinanceServer({ nowMs: () => Date.now() })
  const candles = market.candlesBefore(stream, 1000, nowMs, nowMs)
  exchange.book.putCandles(stream, candles)
  spark = await createSpark({ SPARK_FEED: 'ccxt:binance', SPARK_EXCHANGE_URL: exchange.origin })
  onlyCanary(spark)
  const up = spark.start('up')
  await healthy(spark)
  const openMs = Math.floor(Date.now() / 3_600_000) * 3_600_000
  // Near the last price: one far from it would be refused. Whole cents: what is sent is what is scored.
  const last = candles.at(-1)?.c ?? 0
  const near = (factor: number) => Math.round(last * factor * 100) / 100
  const forming = { ts: openMs, o: near(1), h: near(1.01), l: near(0.99), c: near(1.005), v: 1 }
  await eventually('the executor subscribes', 40_000, async () => (exchange?.push(stream, forming, false) ?? 0) > 0)
  const row = await firstScore()
  expect(row).toMatchObject({ result: 'ok', actor: 'executor' })
  const formed = await eventually('the forming candle is scored', 20_000, async () => {
    exchange?.push(stream, forming, false)
    const newest = await firstScore()
    return newest.context.feature.c === forming.c ? newest : null
  })
  expect(formed.context.feature.ts).toBe(openMs)
  up.child.kill('SIGTERM')
  expect(await up.ended).toBe(0)
}, 120_000)

const file = join(SHARED_DATA, 'candles/spot/BTCUSDT/1h/BTCUSDT-1h-2022.csv.gz')
it.skipIf(!existsSync(file))(
  'a replay of real candles is judged by its own clock (skipped: ../shared/data is absent)',
  async () => {
    spark = await createSpark({ SPARK_FEED: `replay:${file}` })
    spark.start('up')
    await healthy(spark)
    const row = await firstScore()
    expect(row.result).toBe('ok')
    expect(new Date(row.context.feature.ts).getUTCFullYear()).toBe(2022)
    expect(new Date(row.context.marketNowMs ?? 0).getUTCFullYear()).toBe(2022)
  },
  90_000,
)
