import type { Clock } from '../clock.ts'
import { createAlerts } from '../notify/alerts.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Randomness } from '../random.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import type { ApplyDeps } from './apply-settings.ts'
import type { RolloutParts } from './decide-rollout.ts'

/** What a person's command works with, in the api and the CLI: the executor need not run. */
export function rolloutPartsOf(deps: {
  stores: TradingStores
  config: Parameters<typeof alertRulesOf>[0]
  clock: Clock
  random: Randomness
}): RolloutParts {
  const { stores, clock, random } = deps
  const queue = createDatabaseQueue({ db: stores.db, clock, random })
  const alerts = createAlerts({ db: stores.db, rules: alertRulesOf(deps.config), clock, random })
  return { stores, queue, clock, alerts }
}

/** What applying settings works with. `unapplied`: what holds in the running processes while nothing was applied. */
export function applyDepsOf(deps: Parameters<typeof rolloutPartsOf>[0], unapplied: ApplyDeps['unapplied']): ApplyDeps {
  const { db } = deps.stores
  return { parts: rolloutPartsOf(deps), settings: createLiveSettingStore(db), models: createModelStore(db), unapplied }
}
