import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Candle, Stream } from '@spark/core/market/candle'
import { afterAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { testFeedContract } from './feed-contract.ts'
import type { CandleMessage, FeedWarning } from './feed.ts'
import { openReplayFeed } from './replay-feed.ts'
import { SimulatedMarket } from './simulated-market.ts'

const END = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const folder = mkdtempSync(join(tmpdir(), 'spark-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

const market = new SimulatedMarket()
const btc: Stream = { symbol: 'BTCUSDT', tf: '1h' }
const eth: Stream = { symbol: 'ETHUSDT', tf: '30m' }

function write(name: string, candles: readonly Candle[]): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, candles.map(({ ts, o, h, l, c, v }) => `${ts},${o},${h},${l},${c},${v}\n`).join(''))
  return path
}

const btcCandles = market.candlesBefore(btc, 400, END, END)
// Two files that overlap, the later one first by name.
write('all/BTCUSDT-1h-a.csv', btcCandles.slice(200))
write('all/BTCUSDT-1h-b.csv', btcCandles.slice(0, 250))
write('all/deep/ETHUSDT-30m-2025.csv', market.candlesBefore(eth, 800, END, END))

function listen(): {
  messages: CandleMessage[]
  warnings: FeedWarning[]
  listener: Parameters<Awaited<ReturnType<typeof openReplayFeed>>['start']>[1]
} {
  const messages: CandleMessage[] = []
  const warnings: FeedWarning[] = []
  return {
    messages,
    warnings,
    listener: { onCandle: (message) => void messages.push(message), onWarning: (warning) => void warnings.push(warning) },
  }
}

testFeedContract('the replay feed', async () => {
  const clock = new ManualClock(0)
  return {
    feed: await openReplayFeed(join(folder, 'all'), { clock, speed: 3600 }),
    streams: [btc, eth],
    closeCandles: () => clock.advance(3000),
    close: () => Promise.resolve(),
  }
})

describe('replay feed', () => {
  it('begins after 250 candles of each stream and sends the rest in order of time, then says that it ended', async () => {
    const clock = new ManualClock(0)
    const feed = await openReplayFeed(join(folder, 'all'), { clock, speed: Infinity })
    expect(feed.nowMs()).toBe((btcCandles[249]?.ts ?? 0) + HOUR)
    const { messages, warnings, listener } = listen()
    await feed.start([btc, eth], listener)
    await clock.advance(0)
    const ends = messages.map(({ stream, candle }) => candle.ts + (stream.tf === '1h' ? HOUR : HOUR / 2))
    expect(ends).toEqual(ends.toSorted((a, b) => a - b))
    expect(messages.filter(({ stream }) => stream === btc).map(({ candle }) => candle)).toEqual(btcCandles.slice(250))
    expect(messages.filter(({ stream }) => stream === eth)).toHaveLength(300)
    expect(warnings.map((warning) => warning.code)).toEqual(['feed_ended'])
    expect(feed.nowMs()).toBe(END)
  })

  it('lets the event loop turn while it runs at full speed', async () => {
    const clock = new ManualClock(0)
    const feed = await openReplayFeed(join(folder, 'all'), { clock, speed: Infinity })
    const { messages, listener } = listen()
    await feed.start([btc, eth], listener)
    let seenBetween = 0
    clock.after(0, () => {
      seenBetween = messages.length
    })
    await clock.advance(0)
    expect(seenBetween).toBeGreaterThan(0)
    expect(seenBetween).toBeLessThan(messages.length)
  })

  it('takes as long as the speed says', async () => {
    const clock = new ManualClock(0)
    const feed = await openReplayFeed(join(folder, 'all'), { clock, speed: 3600, streams: [btc] })
    const { messages, listener } = listen()
    await feed.start([btc], listener)
    await clock.advance(10_500)
    expect(messages).toHaveLength(10)
    await feed.stop()
  })

  it('begins at a given time', async () => {
    const startMs = (btcCandles[100]?.ts ?? 0) + HOUR
    const feed = await openReplayFeed(join(folder, 'all'), { clock: new ManualClock(0), streams: [btc], startMs })
    expect(await feed.backfill(btc, 250, startMs)).toEqual(btcCandles.slice(0, 101))
  })

  it('replays a single file, whole when it is short', async () => {
    const clock = new ManualClock(0)
    const path = write('one/LTCUSDT-1h-x.csv', market.candlesBefore({ symbol: 'LTCUSDT', tf: '1h' }, 20, END, END))
    const feed = await openReplayFeed(path, { clock, speed: Infinity })
    const { messages, listener } = listen()
    await feed.start(feed.streams, listener)
    await clock.advance(0)
    expect([(await feed.backfill(feed.streams[0] as Stream, 50, END + 1)).length, messages.length]).toEqual([20, 19])
  })

  it('says what is wrong with a path or a stream', async () => {
    const clock = new ManualClock(0)
    const open = (path: string): Promise<unknown> => openReplayFeed(path, { clock })
    await expect(open(join(folder, 'absent'))).rejects.toThrow(/absent: cannot be read/)
    mkdirSync(join(folder, 'empty'))
    await expect(open(join(folder, 'empty'))).rejects.toThrow(/no kline dump/)
    await expect(open(write('anonymous.csv', btcCandles))).rejects.toThrow(/does not say the symbol/)
    writeFileSync(join(folder, 'AUSDT-1h-bad.csv'), 'nothing\n')
    await expect(open(join(folder, 'AUSDT-1h-bad.csv'))).rejects.toThrow(/no kline row/)
    const feed = await openReplayFeed(join(folder, 'all'), { clock })
    await expect(feed.start([{ symbol: 'XUSDT', tf: '1h' }], listen().listener)).rejects.toThrow(/no candles of XUSDT-1h/)
    await expect(feed.backfill({ symbol: 'XUSDT', tf: '1h' }, 1, 0)).rejects.toThrow(/no candles of XUSDT-1h/)
  })
})
