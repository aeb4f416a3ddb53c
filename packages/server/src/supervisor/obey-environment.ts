import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { bindSigningKey } from '../bind-signing-key.ts'
import { explicitSettings, settingTexts } from '../live-settings.ts'
import type { Log } from '../log.ts'
import { processName } from '../process-name.ts'
import { systemRandomness } from '../random.ts'
import { applyDepsOf } from '../rollout/rollout-parts.ts'
import { obeyEnvironment } from '../rollout/starting-environment.ts'
import { auditOf, refuseHeldElsewhere } from '../storage/audit/audit-location.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { databaseIsThere } from '../storage/postgres-url.ts'

const BUSY_TIMEOUT_MS = 10_000

/**
 * Before any process starts: what the environment lowers is lowered, what it would raise is told. A host that its processes would refuse
 * to run changes nothing for the others. Rejects with StorageError and ConfigError.
 */
export async function lowerExposure(config: Config, clock: Clock, log: Log): Promise<void> {
  const explicit = explicitSettings(config)
  if (Object.keys(explicit).length === 0 || !databaseIsThere(config.databasePath)) return
  const database = await openMainDatabase({ path: config.databasePath, thread: true, busyTimeoutMs: BUSY_TIMEOUT_MS })
  try {
    await bindSigningKey(config, database.db, clock)
    await refuseHeldElsewhere(
      auditOf(config),
      ['executor', 'api-1'].map((name) => processName(config, name)),
    )
    const stores = createTradingStores(database.db)
    const deps = applyDepsOf({ stores, config, clock, random: systemRandomness }, settingTexts(config))
    const who = { actor: 'spark up', traceId: systemRandomness.traceId() }
    const { applied, messages } = await obeyEnvironment(deps, explicit, who)
    for (const message of messages) log.warn(message)
    if (applied !== null) log.warn({ changes: applied.changes, notes: applied.notes }, 'the environment lowers exposure')
  } finally {
    await database.close()
  }
}
