import { streamName, type Stream } from '@spark/core/market/candle'

/** Each stream once, in the order of its first mention. */
export function distinctStreams(all: readonly Stream[]): Stream[] {
  const streams = new Map<string, Stream>()
  for (const { symbol, tf } of all) streams.set(streamName({ symbol, tf }), { symbol, tf })
  return [...streams.values()]
}
