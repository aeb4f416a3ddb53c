import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { createSpark, eventually, healthy } from '../support/spark.ts'

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

/** By strategy: what it realised and how often it filled. */
type Result = Record<string, { realized: string; fills: number }>

/** Trades the candles in real processes, in a replay that waits for its orders. */
export async function tradeInReplay(markets: ReadonlyMap<string, readonly PlainCandle[]>, startMs: number): Promise<Result> {
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
    const response = await fetch(`${spark.apiUrl}/api/positions`)
    const { profits } = (await response.json()) as { profits: { strategyId: string; realized: string; fills: number }[] }
    const risk = (await (await fetch(`${spark.apiUrl}/api/risk`)).json()) as { venue: { haltedReason: string | null } }
    expect(risk.venue.haltedReason).toBeNull()
    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
    const verify = await spark.run('audit', 'verify')
    expect(verify.stdout).toContain('The audit is whole.')
    return Object.fromEntries(profits.map(({ strategyId, realized, fills }) => [strategyId, { realized, fills }]))
  } finally {
    await spark.remove()
  }
}

/** The same in one plain loop that shares no code with Spark but its decimals. */
export function tradePlainly(
  markets: ReadonlyMap<string, readonly PlainCandle[]>,
  startMs: number,
  steps: Readonly<Record<string, { tick: string; lot: string }>>,
): Result {
  const result: Result = {}
  for (const [symbol, all] of markets) {
    const first = all.findIndex((candle) => candle.ts + HOUR > startMs)
    const candles = all.slice(Math.max(0, first - BACKFILL))
    const from = candles.findIndex((candle) => candle.ts + HOUR > startMs)
    const closes = candles.map((candle) => candle.c)
    const fast = ema(closes, 20)
    const slow = ema(closes, 50)
    const { tick, lot } = steps[symbol] ?? { tick: '0.01', lot: '1' }
    for (const [name, capital] of Object.entries(CAPITALS)) {
      let held = new Decimal(0)
      let cost = new Decimal(0)
      let realized = new Decimal(0)
      let fills = 0
      for (let at = from; at < candles.length - 1; at++) {
        const close = candles[at]?.c ?? 0
        const open = new Decimal(candles[at + 1]?.o ?? 0)
        const up = (fast[at] ?? 0) > (slow[at] ?? 0)
        if (up === held.gt(0) || fast[at] === slow[at]) continue
        const quantity = up ? new Decimal(capital).div(close).div(lot).floor().times(lot) : held
        const slip = new Decimal(1).plus(open.times(quantity).div(100_000).times(5)).div(10_000)
        const exact = open.times(new Decimal(1).plus(up ? slip : slip.neg())).div(tick)
        const price = (up ? exact.ceil() : exact.floor()).times(tick)
        const value = price.times(quantity)
        const fee = value.times('0.001')
        if (up) cost = value.plus(fee)
        else realized = realized.plus(value).minus(fee).minus(cost)
        held = up ? quantity : new Decimal(0)
        fills += 1
      }
      if (fills > 0) result[`${symbol.toLowerCase()}-${name}`] = { realized: realized.toFixed(10), fills }
    }
  }
  return result
}

export function rounded(result: Result): Result {
  return Object.fromEntries(
    Object.entries(result).map(([id, { realized, fills }]) => [id, { realized: new Decimal(realized).toFixed(10), fills }]),
  )
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
