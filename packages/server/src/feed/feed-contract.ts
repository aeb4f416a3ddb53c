import { candleFault, streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CandleMessage, Feed } from './feed.ts'

/** A feed under test, with the world it lives in. */
export interface FeedHarness {
  feed: Feed
  streams: readonly Stream[]
  /** Lets market time pass until at least two more candles of each stream have closed and `messages` holds them. */
  closeCandles(messages: readonly CandleMessage[]): Promise<void>
  /** Releases what the harness opened; the feed is stopped before. */
  close(): Promise<void>
}

/** What every Feed must do, see feed.ts. Runs inside a test file. */
export function testFeedContract(name: string, open: () => Promise<FeedHarness>): void {
  describe(`${name} keeps the feed contract`, () => {
    let harness: FeedHarness
    let messages: CandleMessage[]
    const listener = {
      onCandle: (message: CandleMessage) => void messages.push(message),
      onWarning: () => {},
    }
    beforeEach(async () => {
      harness = await open()
      messages = []
    })
    afterEach(async () => {
      await harness.feed.stop()
      await harness.close()
    })

    it('backfills valid, aligned, closed candles in order, no more than asked, all before the given time', async () => {
      const { feed, streams } = harness
      for (const stream of streams) {
        const lengthMs = timeframeMs(stream.tf)
        const candles = await feed.backfill(stream, 250, feed.nowMs())
        expect(candles).toHaveLength(250)
        expectSound(candles, lengthMs)
        expect((candles.at(-1)?.ts ?? 0) + lengthMs).toBeLessThanOrEqual(feed.nowMs())
        const beforeMs = candles[100]?.ts ?? 0
        expect(await feed.backfill(stream, 5, beforeMs)).toEqual(candles.slice(95, 100))
        expect(await feed.backfill(stream, 5, beforeMs + 1)).toEqual(candles.slice(96, 101))
        expect(await feed.backfill(stream, 1, feed.nowMs() + 10 * lengthMs)).toEqual(candles.slice(-1))
      }
    })

    it('sends valid candles in order, a forming one never after it closed, and closes each once', async () => {
      const { feed, streams } = harness
      await feed.start(streams, listener)
      await harness.closeCandles(messages)
      for (const stream of streams) {
        const closed = expectSoundMessages(messages, stream)
        expect(closed.length).toBeGreaterThanOrEqual(2)
        expectSound(closed, timeframeMs(stream.tf))
      }
    })

    it('begins live where the backfill ends, and backfills later what it sent', async () => {
      const { feed, streams } = harness
      const before = new Map<string, Candle[]>()
      for (const stream of streams) before.set(streamName(stream), await feed.backfill(stream, 3, feed.nowMs()))
      await feed.start(streams, listener)
      await harness.closeCandles(messages)
      for (const stream of streams) {
        const closed = messages.filter(({ stream: of, closed: done }) => done && streamName(of) === streamName(stream))
        const sent = closed.map((message) => message.candle)
        const all = [...(before.get(streamName(stream)) ?? []), ...sent]
        expect(await feed.backfill(stream, all.length, feed.nowMs() + 1)).toEqual(all)
      }
    })

    it('sends nothing after stop', async () => {
      const { feed, streams } = harness
      await feed.start(streams, listener)
      await harness.closeCandles(messages)
      await feed.stop()
      const sent = messages.length
      await harness.closeCandles(messages).catch(() => {})
      expect(messages).toHaveLength(sent)
    })

    it('refuses a second start', async () => {
      await harness.feed.start(harness.streams, listener)
      await expect(harness.feed.start(harness.streams, listener)).rejects.toThrow('already started')
    })
  })
}

/** The closed candles of a stream, after a look at every message. */
function expectSoundMessages(messages: readonly CandleMessage[], stream: Stream): Candle[] {
  const own = messages.filter((message) => streamName(message.stream) === streamName(stream))
  let closedTs = -1
  for (const message of own) {
    expect(candleFault(message.candle)).toBeNull()
    expect(message.candle.ts).toBeGreaterThan(closedTs)
    if (message.closed) closedTs = message.candle.ts
  }
  return own.filter((message) => message.closed).map((message) => message.candle)
}

function expectSound(candles: readonly Candle[], lengthMs: number): void {
  for (const [index, candle] of candles.entries()) {
    expect(candleFault(candle)).toBeNull()
    expect(candle.ts % lengthMs).toBe(0)
    expect(candle.ts).toBeGreaterThan(candles[index - 1]?.ts ?? -1)
  }
}
