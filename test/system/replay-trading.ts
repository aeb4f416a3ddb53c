import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { createSpark, eventually, healthy, type Spark } from '../support/spark.ts'

export interface PlainCandle {
  ts: number
  o: number
  h: number
  l: number
  c: number
  v: number
}

const HOUR = 3_600_000
/** The candles an executor warms up with. */
const BACKFILL = 1000
const CAPITALS = { a: '1000', b: '731.5' }

/** What was traded, each line one order, one fill or one figure; amounts to a hundred millionth. */
export interface Traded {
  orders: string[]
  fills: string[]
  equity: Record<string, string>
}

const amount = (value: Decimal | string) => new Decimal(value).toFixed(8)

/** Trades the candles in real processes, in a replay that waits for its orders. */
export async function tradeInReplay(markets: ReadonlyMap<string, readonly PlainCandle[]>, startMs: number): Promise<Traded> {
  const spark = await createSpark({ FEATURE_ML_SCORING: '0' })
  try {
    const folder = join(spark.dataDir, 'candles')
    mkdirSync(folder, { recursive: true })
    for (const [symbol, candles] of markets)
      writeFileSync(
        join(folder, `${symbol}-1h.csv`),
        candles.map(({ ts, o, h, l, c, v }) => `${ts},${o},${h},${l},${c},${v},${ts + HOUR - 1},0,0,0,0,0\n`).join(''),
      )
    const strategies = [...markets.keys()].flatMap((symbol) =>
      Object.entries(CAPITALS).map(
        ([name, capital]) => `  - { id: ${symbol.toLowerCase()}-${name}, symbol: ${symbol}, tf: 1h, capital: "${capital}" }`,
      ),
    )
    const file = join(spark.dataDir, 'replay.yaml')
    const start = new Date(startMs).toISOString().slice(0, 19)
    writeFileSync(file, `strategies:\n${strategies.join('\n')}\nreplay: { speed: 1000000, start: ${start}Z }\n`)
    Object.assign(spark.env, { SPARK_CONFIG: file, SPARK_FEED: `replay:${folder}` })
    const up = spark.start('up')
    await healthy(spark, 'executor')
    await eventually('the end of the data', 600_000, async () => up.log().includes('has no more candles'))
    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
    // What is on disk, closing point of the equity curve included.
    const api = spark.start('api')
    await healthy(spark)
    const traded = await seen(spark, startMs)
    api.child.kill('SIGTERM')
    expect(await api.ended).toBe(0)
    const verify = await spark.run('audit', 'verify')
    expect(verify.stdout).toContain('The audit is whole.')
    return traded
  } finally {
    await spark.remove()
  }
}

async function seen(spark: Spark, startMs: number): Promise<Traded> {
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${spark.apiUrl}${path}`)).json()) as T
  const risk = await get<{ venue: { haltedReason: string | null } }>('/api/risk')
  expect(risk.venue.haltedReason).toBeNull()
  const { items: orders } = await get<{ items: Record<string, string>[] }>('/api/orders?limit=10000')
  const { items: fills } = await get<{ items: Record<string, string>[] }>('/api/fills?limit=10000')
  const equity: Record<string, string> = {}
  for (const scope of ['total', ...new Set(fills.map(({ strategyId }) => `strategy:${strategyId}`))]) {
    const { points } = await get<{ points: { equity: string }[] }>(
      `/api/equity?scope=${scope}&from=${new Date(startMs).toISOString()}`,
    )
    equity[scope] = amount(points.at(-1)?.equity ?? 'none')
  }
  return {
    orders: orders.map((one) => orderLine(one as never)).sort(),
    fills: fills.map((one) => fillLine(one as never)).sort(),
    equity,
  }
}

interface OrderFields {
  strategyId: string
  candleTs: number
  side: string
  quantity: string
  referencePrice: string
  state: string
}
const orderLine = ({ strategyId, candleTs, side, quantity, referencePrice, state }: OrderFields) =>
  `${strategyId} ${new Date(candleTs).toISOString()} ${side} ${amount(quantity)} at ${amount(referencePrice)} ${state}`

interface FillFields {
  strategyId: string
  ts: number
  side: string
  quantity: string
  price: string
  fee: string
  realized: string
}
const fillLine = ({ strategyId, ts, side, quantity, price, fee, realized }: FillFields) =>
  `${strategyId} ${new Date(ts).toISOString()} ${side} ${amount(quantity)} at ${amount(price)} fee ${amount(fee)} made ${amount(realized)}`

/** The same in one plain loop that shares no code with Spark but its decimals. */
export function tradePlainly(
  markets: ReadonlyMap<string, readonly PlainCandle[]>,
  startMs: number,
  steps: Readonly<Record<string, { tick: string; lot: string }>>,
): Traded {
  const orders: string[] = []
  const fills: string[] = []
  const equity: Record<string, string> = {}
  let total = new Decimal(0)
  for (const [symbol, all] of markets) {
    const first = all.findIndex((candle) => candle.ts + HOUR > startMs)
    const candles = all.slice(Math.max(0, first - BACKFILL))
    const from = candles.findIndex((candle) => candle.ts + HOUR > startMs)
    const closes = candles.map((candle) => candle.c)
    const fast = ema(closes, 20)
    const slow = ema(closes, 50)
    const { tick, lot } = steps[symbol] ?? { tick: '0.01', lot: '1' }
    for (const [name, capital] of Object.entries(CAPITALS)) {
      const strategyId = `${symbol.toLowerCase()}-${name}`
      let held = new Decimal(0)
      let cost = new Decimal(0)
      let made = new Decimal(0)
      for (let at = from; at < candles.length; at++) {
        const { ts: candleTs, c: close } = candles[at] as PlainCandle
        const up = (fast[at] ?? 0) > (slow[at] ?? 0)
        if (up === held.gt(0) || fast[at] === slow[at]) continue
        const side = up ? 'buy' : 'sell'
        const quantity = up ? new Decimal(capital).div(close).div(lot).floor().times(lot) : held
        const next = candles[at + 1]
        const decided = { strategyId, candleTs, side, quantity: quantity.toFixed(), referencePrice: String(close) }
        // What is decided on the last candle waits for a price that never comes.
        orders.push(orderLine({ ...decided, state: next === undefined ? 'acknowledged' : 'filled' }))
        if (next === undefined) continue
        const open = new Decimal(next.o)
        const slip = new Decimal(1).plus(open.times(quantity).div(100_000).times(5)).div(10_000)
        const exact = open.times(new Decimal(1).plus(up ? slip : slip.neg())).div(tick)
        const price = (up ? exact.ceil() : exact.floor()).times(tick)
        const value = price.times(quantity)
        const fee = value.times('0.001')
        const realized = up ? new Decimal(0) : value.minus(fee).minus(cost)
        made = made.plus(realized)
        cost = up ? value.plus(fee) : new Decimal(0)
        held = up ? quantity : new Decimal(0)
        const priced = { price: price.toFixed(), fee: fee.toFixed(), realized: realized.toFixed() }
        fills.push(fillLine({ strategyId, ts: next.ts, side, quantity: quantity.toFixed(), ...priced }))
      }
      const worth = made.plus(held.times(closes.at(-1) ?? 0)).minus(cost)
      equity[`strategy:${strategyId}`] = amount(worth.plus(capital))
      total = total.plus(worth).plus(capital)
    }
  }
  return { orders: orders.sort(), fills: fills.sort(), equity: { total: amount(total), ...equity } }
}

/** Seeded with the mean of the first `length` closes. */
function ema(closes: readonly number[], length: number): number[] {
  const alpha = 2 / (length + 1)
  const values: number[] = []
  let value = Number.NaN
  for (let at = 0; at < closes.length; at++) {
    if (at === length - 1) value = closes.slice(0, length).reduce((sum, close) => sum + close, 0) / length
    else if (at >= length) value += alpha * ((closes[at] ?? 0) - value)
    values.push(value)
  }
  return values
}
