import { loadConfig } from '../config.ts'
import { tell, tellWork, type ApartMessage } from '../jobs/apart-messages.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import { isBetterThanLuck, searchStrategy, SearchRefused, type SearchWish } from './search-strategy.ts'

/** Searches what the argument asks for; a process of its own, since it takes a whole processor. It writes nothing. */
async function run(wish: SearchWish): Promise<ApartMessage> {
  const config = loadConfig()
  const database = await openMainDatabase({ path: config.databasePath, thread: false })
  const { db } = database
  const deps = {
    config,
    strategies: createStrategyStore(db),
    models: createModelStore(db),
    settings: createLiveSettingStore(db),
    candles: createCandleStore(db),
  }
  try {
    const proposal = await searchStrategy(deps, wish, async (share) => {
      tell({ kind: 'progress', share })
      // So that it hears when whoever wants to know is gone.
      await new Promise((resolve) => setImmediate(resolve))
    })
    return { kind: 'done', ok: isBetterThanLuck(proposal), said: proposal.said, result: proposal }
  } catch (error) {
    if (!(error instanceof SearchRefused)) throw error
    return { kind: 'refused', said: error.message }
  } finally {
    await database.close()
  }
}

await tellWork(() => run(JSON.parse(process.argv[2] ?? '{}') as SearchWish))
