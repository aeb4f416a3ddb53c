import { ApiError, UnreachableError } from '@spark/contract/client'
import type { Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { systemRandomness } from '@spark/server/random'
import { rolloutPartsOf } from '@spark/server/rollout/rollout-parts'
import type { RolloutParts } from '@spark/server/rollout/decide-rollout'
import { createTradingStores, type TradingStores } from '@spark/server/storage/trading-stores'
import type { MainDatabase } from '@spark/server/storage/open-main-database'
import { CheckFailed, type Output } from './output.ts'
import { traceId, withMainDatabase } from './main-database.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

/** Through the API; when it is down, or fails by itself, by `direct`. */
export async function apiOr<Result>(call: () => Promise<Result>, output: Output, direct: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof UnreachableError) && !(error instanceof ApiError && error.status >= 500)) throw error
    output.note(`The API could not do it (${error.message}); working on the database itself.`)
  }
  return direct()
}

/** The database of an installation that nothing else need run for. Rejects with StorageError. */
export async function withDatabase<Result>(
  config: Pick<Config, 'databasePath'>,
  work: (database: MainDatabase) => Promise<Result>,
): Promise<Result> {
  if (!databaseIsThere(config.databasePath)) throw new CheckFailed(`${config.databasePath} is not there: nothing runs here`)
  return withMainDatabase(config, work)
}

/** What a command does on the stores when nothing else runs. Rejects with StorageError. */
export function withStores<Result>(
  config: Config,
  work: (stores: TradingStores, parts: RolloutParts) => Promise<Result>,
): Promise<Result> {
  return withDatabase(config, ({ db }) => {
    const stores = createTradingStores(db)
    return work(stores, rolloutPartsOf({ stores, config, clock: folderClock(config), random: systemRandomness }))
  })
}

/** Who acts from this command line. */
export function operator(): { actor: string; traceId: string } {
  return { actor: 'operator', traceId: traceId() }
}
