import type { Clock } from '../clock.ts'
import { createAlerts } from '../notify/alerts.ts'
import { configuredChannels, type ChannelConfig } from '../notify/channels.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Randomness } from '../random.ts'
import { createAlertStore } from '../storage/alert-store.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import type { RolloutParts } from './decide-rollout.ts'

/** What a person's command works with, in the api and the CLI: the executor need not run. */
export function rolloutPartsOf(deps: {
  stores: TradingStores
  config: ChannelConfig
  clock: Clock
  random: Randomness
}): RolloutParts {
  const { stores, clock, random } = deps
  const queue = createDatabaseQueue({ db: stores.db, clock, random })
  const store = createAlertStore(stores.db)
  const channels = configuredChannels(deps.config)
  return { stores, queue, clock, alerts: createAlerts({ store, outbox: stores.outbox, queue, channels, clock }) }
}
