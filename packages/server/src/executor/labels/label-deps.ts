import type { FeatureDrift } from '@spark/core/calibration/feature-drift'
import type { Stream } from '@spark/core/market/candle'
import type { ModelVerdict } from '@spark/core/rollout/state'
import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import type { Config } from '../../config.ts'
import type { Feed } from '../../feed/feed.ts'
import { createCandleStore } from '../../storage/candle-store.ts'
import { createModelStore } from '../../storage/model-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import type { OrderDesk } from '../order-desk.ts'
import { labelRule } from './label-rule.ts'
import type { LabelDeps } from './mature-labels.ts'

interface LabelParts {
  config: Pick<Config, 'file'>
  clock: { nowMs(): number }
  db: Kysely<MainTables>
  desk: OrderDesk
  feed: Pick<Feed, 'name' | 'nowMs'>
  streams: readonly Stream[]
  markers: LabelDeps['markers']
}

/** What the jobs labels and learn work with, on the stores of one process. */
export function labelDepsOf({ config, clock, db, desk, feed, streams, markers }: LabelParts) {
  return {
    labels: desk.stores.labels,
    models: createModelStore(db),
    rollouts: desk.stores.rollouts,
    strategies: desk.strategies,
    streams,
    markers,
    baseAsset: (symbol: string) => desk.instruments.get(symbol)?.base ?? symbol,
    marketMs: () => feed.nowMs(),
    clock,
    candles: createCandleStore(db),
    source: feed.name,
    rule: labelRule(config.file),
    onVerdict: (model: string, verdict: ModelVerdict) => tellVerdict(desk, model, verdict),
  }
}

/** Losing after costs warns; what is worse than the baseline is the controller's to roll back. */
export async function tellVerdict(
  desk: Pick<OrderDesk, 'raise' | 'resolve'>,
  model: string,
  verdict: ModelVerdict,
): Promise<void> {
  const about = { code: 'model_loses', scope: `model:${model}` } as const
  if (verdict !== 'loses_after_costs') return desk.resolve(about.code, about.scope)
  const message = told('model_loses', { model })
  await desk.raise({ severity: 'yellow', ...about, message })
}

/** A drift warns; nothing follows from it but that somebody looks. */
export async function tellDrift(
  desk: Pick<OrderDesk, 'raise' | 'resolve'>,
  model: string,
  drifted: readonly FeatureDrift[],
): Promise<void> {
  const about = { code: 'feature_drift', scope: `model:${model}` } as const
  if (drifted.length === 0) return desk.resolve(about.code, about.scope)
  const words = drifted
    .map(({ feature, index, threshold }) => `${feature} ${index.toFixed(2)} over ${threshold.toFixed(2)}`)
    .join(', ')
  const message = told('features_moved', { model, words })
  await desk.raise({ severity: 'yellow', ...about, message })
}
