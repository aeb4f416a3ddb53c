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

interface LabelParts {
  config: Pick<Config, 'file'>
  clock: { nowMs(): number }
  db: Kysely<MainTables>
  desk: OrderDesk
  feed: Pick<Feed, 'name' | 'nowMs'>
  streams: readonly Stream[]
}

/** What the jobs labels and learn work with, on the stores of one process. */
export function labelDepsOf({ config, clock, db, desk, feed, streams }: LabelParts) {
  return {
    labels: desk.stores.labels,
    models: createModelStore(db),
    rollouts: desk.stores.rollouts,
    strategies: desk.strategies,
    streams,
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
  const about = { code: 'model_loses', scope: `model:${model}` }
  if (verdict !== 'loses_after_costs') return desk.resolve(about.code, about.scope)
  const message = told('model_loses', { model })
  await desk.raise({ severity: 'yellow', ...about, message })
}
