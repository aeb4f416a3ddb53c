import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../config.ts'
import { startAuditRelay } from '../executor/orders/audit-relay.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { replayAudit } from '../rollout/replay-audit.ts'
import { rolloutPartsOf } from '../rollout/rollout-parts.ts'
import { rolloutStage, stageOn, type RolloutStage } from '../rollout/rollout-stage-fixture.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { restoreBackup, takeBackup } from './backup.ts'

/** Carries what waits in the outbox into the chain, as the executor does. */
async function relay({ parts, clock }: Pick<RolloutStage, 'parts' | 'clock'>, dataDir: string): Promise<void> {
  const writer = await openAuditWriter({ dataDir, writer: 'orders', clock })
  const reader = openAuditReader({ dataDir, thread: false })
  const { outbox } = parts.stores
  await (await startAuditRelay({ outbox, writer, reader, clock, log: createLog('test', 'silent') })).stop()
  await reader.close()
  await writer.close()
}

it('a rollout of a restored backup ends, a new one has an id that nobody had, and the replay decides the same', async () => {
  const stage = await rolloutStage()
  const { folder: dataDir, clock } = stage
  const databasePath = join(dataDir, 'spark.db')
  await stage.begin()
  await stage.tick(16)
  await relay(stage, dataDir)
  const taken = { dataDir, databasePath, folder: join(dataDir, 'backups'), nowMs: clock.nowMs(), version: '1', buildSha: 'a' }
  const { folder } = await takeBackup(taken)
  // What the backup does not know: it was rolled back, and another one began.
  await stage.say('rollback')
  await stage.begin()
  await stage.tick(2)
  await relay(stage, dataDir)
  await stage.close()

  const config = loadConfig({ SPARK_DATA_DIR: dataDir })
  const options = { folder, dataDir, databasePath, actor: 'operator', reason: 'a drill' }
  await restoreBackup(options, { config, clock, random: systemRandomness })
  const database = await openMainDatabase({ path: databasePath, thread: false })
  const again = stageOn(
    rolloutPartsOf({ stores: createTradingStores(database.db), config, clock, random: systemRandomness }),
    clock,
  )
  expect(await again.state()).toMatchObject({
    rolloutId: 'rollout-1',
    phase: 'rolled_back',
    phaseReason: expect.stringMatching(/^rollback by operator: the backup \w+ was restored/) as string,
  })
  expect(await again.exposed()).toBe(0)
  await again.begin()
  await again.tick(2)
  await relay(again, dataDir)
  await database.close()
  const reader = openAuditReader({ dataDir, thread: false })
  expect(await replayAudit(reader, null)).toEqual(
    ['rollout-1', 'rollout-2', 'rollout-3'].map((rolloutId) => ({
      rolloutId,
      decisions: expect.any(Number) as number,
      difference: null,
    })),
  )
  await reader.close()
})
