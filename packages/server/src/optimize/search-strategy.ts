import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import {
  beatsLuck,
  searchRules,
  USUAL_EMBARGO_CANDLES,
  USUAL_FOLDS,
  USUAL_SPACE,
  type SearchProposal,
} from '@spark/core/learning/search'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { OptimizationAsk } from '@spark/contract/optimization'
import { scoreCandles } from '../backtest/scored-series.ts'
import type { Config } from '../config.ts'
import { effectiveSettings } from '../live-settings.ts'
import { intactDocument } from '../model-state.ts'
import { paperCosts } from '../paper-costs.ts'
import type { CandleStore } from '../storage/candle-store.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import type { ModelStore } from '../storage/model-store.ts'
import type { StrategyStore } from '../storage/strategy-store.ts'

/** About a year of 5m. */
const CANDLES_MAX = 100_000

export interface SearchDeps {
  config: Pick<Config, 'scoring' | 'confidFloor' | 'pollIntervalMs' | 'file'>
  strategies: Pick<StrategyStore, 'get'>
  models: Pick<ModelStore, 'get' | 'aliases'>
  settings: Pick<LiveSettingStore, 'list'>
  candles: Pick<CandleStore, 'latest'>
}

export interface SearchWish {
  strategyId: string
  ask: OptimizationAsk
  /** The feed whose candles are searched on, besides what was imported. */
  source: string
}

/** Cannot be searched, in words. */
export class SearchRefused extends Error {}

/**
 * Searches the rules of a strategy on its stored candles, with the champion's scores and the costs of the paper venue.
 * `onProgress` is waited for after each trial. Rejects with SearchRefused.
 */
export async function searchStrategy(
  deps: SearchDeps,
  { strategyId, ask, source }: SearchWish,
  onProgress: (share: number) => Promise<void>,
): Promise<SearchProposal> {
  const strategy = await deps.strategies.get(strategyId)
  if (strategy === null) throw new SearchRefused(`there is no strategy ${strategyId}`)
  const { champion } = await deps.models.aliases()
  const stored = champion === undefined ? null : await deps.models.get(champion)
  const model = stored === null ? null : intactDocument(stored)
  if (model === null) throw new SearchRefused('the champion cannot be read')
  const candles = await deps.candles.latest(strategy, CANDLES_MAX, Number.MAX_SAFE_INTEGER, [source, 'import'])
  const { confidFloor: floor } = effectiveSettings(deps.config, await deps.settings.list())
  const { profitAtrs, stopAtrs, expiryCandles } = DEFAULT_BARRIERS
  try {
    const search = searchRules({
      series: [scoreCandles(strategy.tf, candles, model)],
      space: ask.space ?? USUAL_SPACE,
      current: { floor, profitAtrs, stopAtrs, expiryCandles, riskShare: null },
      costs: paperCosts(deps.config.file),
      folds: ask.folds ?? USUAL_FOLDS,
      embargoMs: (ask.embargoCandles ?? USUAL_EMBARGO_CANDLES) * timeframeMs(strategy.tf),
    })
    for (;;) {
      const step = search.next()
      if (step.done === true) return step.value
      await onProgress(step.value.done / step.value.total)
    }
  } catch (error) {
    if (error instanceof RangeError) throw new SearchRefused(`${candles.length} candles are stored: ${error.message}`)
    throw error
  }
}

/** Whether a proposal is worth a look: it earned out of sample, and more than the luck of so many trials would have it. */
export function isBetterThanLuck({ rule, outOfSample, deflatedSharpe }: SearchProposal): boolean {
  return rule !== null && outOfSample.netReturn > 0 && beatsLuck(deflatedSharpe)
}
