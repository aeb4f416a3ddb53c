import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Candle, Stream } from '@spark/core/market/candle'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { loadConfig, type Config } from '../config.ts'
import { SimulatedMarket } from '../feed/simulated-market.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { recordedMarket } from './recorded-market.ts'

const MINUTE = 60_000
const END = Date.UTC(2026, 0, 2)
const market = new SimulatedMarket({ seed: 3 })
const btc: Stream = { symbol: 'BTCUSDT', tf: '1m' }
const eth: Stream = { symbol: 'ETHUSDT', tf: '1m' }
const slow: Stream = { symbol: 'BTCUSDT', tf: '15m' }
const OPTIONS = { speed: null, lastsMs: 60 * MINUTE, freshMs: 30_000 }

let folder: string
beforeEach(() => (folder = temporaryFolder()))

const candlesOf = (stream: Stream, count: number) => market.candlesBefore(stream, count, END, END)

function write({ symbol, tf }: Stream, candles: readonly Candle[], part = 'a'): string {
  const path = join(folder, `${symbol}-${tf}-${part}.csv`)
  writeFileSync(path, candles.map(({ ts, o, h, l, c, v }) => `${ts},${o},${h},${l},${c},${v}\n`).join(''))
  return path
}

function config(replay: { start?: string } = {}): Config {
  const strategies = [btc, btc, eth, slow].map((stream, at) => ({ id: `s${at}`, ...stream }))
  return { ...loadConfig({ CANARY_SYMBOL: 'BTCUSDT', CANARY_TIMEFRAME: '1m' }), file: { strategies, replay } }
}

describe('recorded candles', () => {
  it('of several files are one market, which begins after the warm-up of the canary stream and goes on while nobody listens', async () => {
    const candles = candlesOf(btc, 1000)
    const paths = [write(btc, candles.slice(500), 'b'), write(btc, candles.slice(0, 600))]
    const recorded = await recordedMarket(config(), paths, OPTIONS)
    expect(recorded).toMatchObject({ speed: 6, streams: [btc], fromMs: (candles[249]?.ts ?? 0) + MINUTE })
    const clock = new ManualClock(0)
    expect(recorded.openFeed(clock).nowMs()).toBe(recorded.fromMs)
    await clock.advance(10 * MINUTE)
    expect(recorded.openFeed(clock).nowMs()).toBe(recorded.fromMs + 60 * MINUTE)
  })

  it('leave out strategies whose candles are missing, too slow or too late, and say so', async () => {
    write(btc, candlesOf(btc, 1000))
    write(slow, candlesOf(slow, 500))
    write(eth, candlesOf(eth, 700))
    const { config: kept, lacks } = await recordedMarket(config(), [folder], OPTIONS)
    expect(kept.file.strategies.map(({ id }) => id)).toEqual(['s0', 's1'])
    expect(lacks).toEqual([
      '1 of 4 strategies are left out; 0 candles before 2026-01-01T11:30Z, and the warm-up takes 250; begin later with replay.start in the plan file, or give earlier files: ETHUSDT-1m',
      '1 of 4 strategies are left out; a candle every 150 s at speed 6, stale after 30 s; it needs --speed 30 or more: BTCUSDT-15m',
    ])
    const without = await recordedMarket(config(), [join(folder, 'BTCUSDT-1m-a.csv')], OPTIONS)
    expect(without.lacks).toEqual(['2 of 4 strategies are left out; not in the data: ETHUSDT-1m, BTCUSDT-15m'])
  })

  it('begin at replay.start of the plan file', async () => {
    write(btc, candlesOf(btc, 1000))
    const { fromMs } = await recordedMarket(config({ start: '2026-01-01T15:00Z' }), [folder], OPTIONS)
    expect(fromMs).toBe(Date.UTC(2026, 0, 1, 15))
  })

  it('tell of outages in them that the rehearsal will feel', async () => {
    write(btc, candlesOf(btc, 1000).toSpliced(400, 9))
    const { lacks } = await recordedMarket(config(), [folder], OPTIONS)
    expect(lacks.at(-1)).toBe(
      'BTCUSDT-1m lacks 9 candles after 2026-01-01T13:59Z: 100 s of silence at speed 6, an outage that the rehearsal lives through',
    )
  })

  it.each([
    ['end too early', 300, OPTIONS, 'the data ends after 0.1 h at speed 6, and the rehearsal may take 1 h; give more files'],
    ['are too few', 200, OPTIONS, '200 candles before 2026-01-02T00:00Z, and the warm-up takes 250; begin later'],
    ['come too rarely', 1000, { ...OPTIONS, speed: 1 }, 'a candle every 60 s at speed 1, stale after 30 s; it needs --speed 2'],
  ])('of the canary stream that %s are refused with the arithmetic', async (_what, count, options, problem) => {
    write(btc, candlesOf(btc, count))
    await expect(recordedMarket(config(), [folder], options)).rejects.toThrow(`the canary stream BTCUSDT-1m: `)
    await expect(recordedMarket(config(), [folder], options)).rejects.toThrow(problem)
  })

  it('without the canary stream are refused', async () => {
    write(eth, candlesOf(eth, 1000))
    await expect(recordedMarket(config(), [folder], OPTIONS)).rejects.toThrow('no candles of the canary stream BTCUSDT-1m')
  })
})
