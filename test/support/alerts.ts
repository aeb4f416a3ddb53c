import { systemClock } from '@spark/server/clock'
import type { ChannelName } from '@spark/server/notify/channels'
import { createAlerts } from '@spark/server/notify/alerts'
import { systemRandomness } from '@spark/server/random'
import type { NewAlert } from '@spark/server/storage/alert-store'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import type { Spark } from './spark.ts'

/** Raises alerts in an installation as its processes do, each in a transaction of its own. */
export async function raiseAlerts(spark: Spark, alerts: readonly NewAlert[], told: readonly ChannelName[] = []): Promise<void> {
  const database = await openMainDatabase({ path: spark.databasePath, thread: true })
  const rules = { escalateAfterMs: 300_000, repeatMs: 900_000, told, escalated: told }
  const raiser = createAlerts({ db: database.db, rules, clock: systemClock, random: systemRandomness })
  for (const alert of alerts) await database.db.transaction().execute((trx) => raiser.raise(trx, alert))
  await database.close()
}
