import type { Kysely } from 'kysely'
import { hasEnded } from '@spark/core/rollout/state'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Feed } from '../feed/feed.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import { auditOf } from '../storage/audit/audit-location.ts'
import { openCheckpointStore } from '../storage/audit/checkpoint-store.ts'
import { type RemovedAudit, retainAudit, type RetainAuditDeps } from '../storage/audit/retain-audit.ts'
import { openRetentionPlace } from '../storage/audit/retention-place.ts'
import { verifyAuditApart } from '../storage/audit/verify-apart.ts'
import { databaseNowMs } from '../storage/database-clock.ts'
import { IS_OPEN } from '../storage/order-store.ts'
import { createRolloutStore } from '../storage/rollout-store.ts'
import type { MainTables } from '../storage/tables.ts'

const DAY_MS = 86_400_000

export interface AuditRetentionDeps {
  config: Pick<Config, 'dataDir' | 'databasePath' | 'signingKeyFile' | 'checkpointFile'>
  db: Kysely<MainTables>
  clock: Pick<Clock, 'nowMs'>
  feed: Pick<Feed, 'nowMs'>
  audit: { append: RetainAuditDeps['announce'] }
  auditReader: AuditReader
}

/** Removes rows that are older than `days`, and that nothing which goes on needs. By the slowest of all clocks. */
export async function retainAuditOf(deps: AuditRetentionDeps, days: number): Promise<RemovedAudit> {
  const { config, db, clock, feed, audit, auditReader } = deps
  const location = auditOf(config)
  const nowMs = Math.min(clock.nowMs(), feed.nowMs(), await databaseNowMs(db))
  const beforeMs = Math.min(nowMs - days * DAY_MS, await neededFrom(db))
  const checkpoints = await openCheckpointStore({
    db,
    reader: auditReader,
    keyFile: config.signingKeyFile,
    copyFile: config.checkpointFile,
    auditDays: days,
  })
  // A copy that is not there is a problem: without it nobody knows what it saw.
  const copy = config.checkpointFile
  const options = { ...location, publicKey: checkpoints.publicKey, ...(copy !== null && { checkpointsFile: copy }) }
  const verify = (toldBefore: number) => verifyAuditApart({ ...options, toldBefore })
  const place = await openRetentionPlace(location)
  try {
    return await retainAudit({ db, place, checkpoints, announce: (event) => audit.append(event), verify }, beforeMs, nowMs)
  } finally {
    await place.close()
  }
}

/** A rollout is replayed from its first row, an order is traced to its decision, a report reads the rows of its period. */
export async function neededFrom(db: Kysely<MainTables>): Promise<number> {
  const rollout = await createRolloutStore(db).newest()
  const order = await db
    .selectFrom('trade_order')
    .select(({ fn }) => fn.min<number | null>('created_at').as('ms'))
    .where(IS_OPEN)
    .executeTakeFirst()
  const report = await db
    .selectFrom('report')
    .select(({ fn }) => fn.min<number | null>('from_ts').as('ms'))
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst()
  const running = rollout === null || hasEnded(rollout.state) ? Infinity : rollout.startedAt
  return Math.min(running, order?.ms ?? Infinity, report?.ms ?? Infinity)
}
