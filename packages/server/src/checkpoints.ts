import type { Kysely } from 'kysely'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import type { AuditReader } from './storage/audit/audit-reader.ts'
import { CHECKPOINT_PERIOD_MS, openCheckpointStore } from './storage/audit/checkpoint-store.ts'
import type { MainTables } from './storage/tables.ts'

export interface CheckpointDeps {
  config: Pick<Config, 'signingKeyFile' | 'checkpointFile' | 'auditDays'>
  db: Kysely<MainTables>
  auditReader: AuditReader
  clock: Clock
  log: Log
}

/**
 * Signs the heads of all audit chains once a minute. Every process tries; the first one of a minute wins.
 * Resolves to what stops it, which signs once more, so that a clean stop leaves nothing unsigned.
 */
export async function startCheckpoints(deps: CheckpointDeps): Promise<() => Promise<void>> {
  const { config, clock, log } = deps
  const store = await openCheckpointStore({
    db: deps.db,
    reader: deps.auditReader,
    keyFile: config.signingKeyFile,
    copyFile: config.checkpointFile,
    auditDays: config.auditDays,
  })
  let working = Promise.resolve()
  const write = (always: boolean): Promise<void> => {
    working = working.then(async () => {
      try {
        await store.write(clock.nowMs(), { always })
      } catch (error) {
        log.error({ err: error }, 'audit checkpoint could not be written; the next one is tried in a minute')
      }
    })
    return working
  }
  void write(false)
  const cancel = clock.every(CHECKPOINT_PERIOD_MS, () => void write(false))
  return () => {
    cancel()
    return write(true)
  }
}
