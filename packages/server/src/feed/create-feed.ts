import type { Stream } from '@spark/core/market/candle'
import type { Clock } from '../clock.ts'
import type { Randomness } from '../random.ts'
import { CcxtFeed } from './ccxt-feed.ts'
import { FeedError, type Feed } from './feed.ts'
import { openReplayFeed } from './replay-feed.ts'
import { SimulatedFeed } from './simulated-feed.ts'
import { DEFAULT_TREND_PERSISTENCE, type SimulatedMarketOptions } from './simulated-market.ts'

export interface CreateFeedOptions extends Omit<SimulatedMarketOptions, 'trendPersistence'> {
  clock: Clock
  random: Pick<Randomness, 'unit'>
  /** Of the simulated market: `default` lets the default model earn its break-even, `none` and `reversed` do not; or a number. */
  trendPersistence?: 'default' | 'none' | 'reversed' | number
  /** Of a replay: market time per real time. */
  replaySpeed?: number
  /** Of a replay: market time to begin at. */
  replayStartMs?: number
  /** Of a replay: the streams to load; all when absent. */
  streams?: readonly Stream[]
  /** Of an exchange: the address to call in its place. */
  exchangeUrl?: string
}

const PERSISTENCE = { default: DEFAULT_TREND_PERSISTENCE, none: 0, reversed: -DEFAULT_TREND_PERSISTENCE }

/** The feed that the setting SPARK_FEED names: `sim`, `replay:PATH` or `ccxt:EXCHANGE`. Rejects with FeedError. */
export async function createFeed(setting: string, options: CreateFeedOptions): Promise<Feed> {
  const { clock, random } = options
  const [kind, argument] = splitOnce(setting)
  if (kind === 'sim' && argument === null) return new SimulatedFeed({ clock, ...marketOptions(options) })
  if (kind === 'replay' && argument !== null && argument !== '') {
    const { replaySpeed, replayStartMs, streams } = options
    return openReplayFeed(argument, {
      clock,
      ...(replaySpeed !== undefined && { speed: replaySpeed }),
      ...(replayStartMs !== undefined && { startMs: replayStartMs }),
      ...(streams !== undefined && { streams }),
    })
  }
  if (kind === 'ccxt' && argument !== null && /^[a-z0-9]+$/.test(argument)) {
    const { exchangeUrl } = options
    const unit = (): number => random.unit()
    return new CcxtFeed({ exchange: argument, clock, unit, ...(exchangeUrl !== undefined && { baseUrl: exchangeUrl }) })
  }
  throw new FeedError(`"${setting}" is no feed; expected sim, replay:PATH or ccxt:EXCHANGE (such as ccxt:binance)`)
}

/** The simulated market that a file or the environment asks for. */
export function marketOptions(
  options: Pick<CreateFeedOptions, 'seed' | 'trendPersistence' | 'outagesPerYear'>,
): SimulatedMarketOptions {
  const { seed, trendPersistence = 'default', outagesPerYear } = options
  return {
    trendPersistence: typeof trendPersistence === 'number' ? trendPersistence : PERSISTENCE[trendPersistence],
    ...(seed !== undefined && { seed }),
    ...(outagesPerYear !== undefined && { outagesPerYear }),
  }
}

function splitOnce(setting: string): [kind: string, argument: string | null] {
  const colon = setting.indexOf(':')
  return colon < 0 ? [setting, null] : [setting.slice(0, colon), setting.slice(colon + 1)]
}
