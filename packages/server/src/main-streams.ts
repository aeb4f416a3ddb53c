import { streamName, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { Decimal } from '@spark/core/trading/decimal'
import type { Strategy } from '@spark/core/trading/strategy'

/**
 * The stream of each base asset that is judged by: where most capital of running strategies is, then the longest timeframe. Short
 * ones end so soon that nearly every label would be theirs, whatever is traded.
 */
export function mainStreams(
  streams: readonly Stream[],
  strategies: readonly Pick<Strategy, 'symbol' | 'tf' | 'capital' | 'status'>[],
  baseAsset: (symbol: string) => string,
): Stream[] {
  const capital = new Map<string, Decimal>()
  for (const strategy of strategies.filter(({ status }) => status === 'running')) {
    const name = streamName(strategy)
    capital.set(name, (capital.get(name) ?? new Decimal(0)).plus(strategy.capital))
  }
  const capitalOf = (stream: Stream) => capital.get(streamName(stream)) ?? new Decimal(0)
  const byWeight = streams.toSorted(
    (a, b) =>
      capitalOf(b).cmp(capitalOf(a)) || timeframeMs(b.tf) - timeframeMs(a.tf) || streamName(a).localeCompare(streamName(b), 'en'),
  )
  const taken = new Set<string>()
  return byWeight.filter(({ symbol }) => !taken.has(baseAsset(symbol)) && taken.add(baseAsset(symbol)))
}
