import type { Stream } from '@spark/core/market/candle'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { testFeedContract } from './feed-contract.ts'
import type { CandleMessage, FeedWarning } from './feed.ts'
import { SimulatedFeed } from './simulated-feed.ts'

const START = Date.UTC(2026, 0, 1, 10, 57, 31, 250)
const minute: Stream = { symbol: 'BTCUSDT', tf: '1m' }

testFeedContract('the simulated feed', () => {
  const clock = new ManualClock(START)
  return Promise.resolve({
    feed: new SimulatedFeed({ clock }),
    streams: [minute, { symbol: 'ETHUSDT', tf: '1m' }, { symbol: 'BTCUSDT', tf: '5m' }],
    closeCandles: () => clock.advance(10 * 60_000),
    close: () => Promise.resolve(),
  })
})

function listen(): { messages: CandleMessage[]; warnings: FeedWarning[]; listener: Parameters<SimulatedFeed['start']>[1] } {
  const messages: CandleMessage[] = []
  const warnings: FeedWarning[] = []
  return {
    messages,
    warnings,
    listener: { onCandle: (message) => void messages.push(message), onWarning: (warning) => void warnings.push(warning) },
  }
}

/** Three minutes of a stream, with or without a restart of the feed in the middle. */
async function threeMinutes(restart: boolean): Promise<CandleMessage[]> {
  const clock = new ManualClock(START)
  const { messages, listener } = listen()
  let feed = new SimulatedFeed({ clock })
  await feed.start([minute], listener)
  await clock.advance(90_000)
  if (restart) {
    await feed.stop()
    feed = new SimulatedFeed({ clock })
    await feed.start([minute], listener)
  }
  await clock.advance(90_000)
  await feed.stop()
  return messages
}

describe('simulated feed', () => {
  it('sends a forming candle on every even second, and the closed one first when a minute ends', async () => {
    const clock = new ManualClock(START)
    const feed = new SimulatedFeed({ clock })
    const { messages, listener } = listen()
    await feed.start([minute], listener)
    await clock.advance(2000)
    expect(messages.map(({ candle, closed }) => [candle.ts, closed])).toEqual([[Date.UTC(2026, 0, 1, 10, 57), false]])
    await clock.advance(30_000)
    const closed = messages.find((message) => message.closed)
    expect(closed?.candle.ts).toBe(Date.UTC(2026, 0, 1, 10, 57))
    expect(messages.at(-1)?.candle.ts).toBe(Date.UTC(2026, 0, 1, 10, 58))
    await feed.stop()
  })

  it('continues after a restart with the candles it would have sent', async () => {
    expect(await threeMinutes(true)).toEqual(await threeMinutes(false))
  })

  it('sends what a step of the clock passed over, and nothing twice when it steps back', async () => {
    const clock = new ManualClock(START)
    const feed = new SimulatedFeed({ clock })
    const { messages, warnings, listener } = listen()
    await feed.start([minute], listener)
    clock.step(600_000)
    await clock.advance(4000)
    expect(messages.filter((message) => message.closed)).toHaveLength(10)
    clock.step(-300_000)
    await clock.advance(120_000)
    expect(messages.filter((message) => message.closed)).toHaveLength(10)
    clock.step(5000 * 60_000)
    await clock.advance(4000)
    expect(messages.filter((message) => message.closed)).toHaveLength(1510)
    expect(warnings.map((warning) => warning.code)).toEqual(['feed_reconnected'])
    await feed.stop()
  })
})
