import { join } from 'node:path'
import { type Checkpoint, checkpointText } from '@spark/core/audit/checkpoint'
import { onTestFinished } from 'vitest'
import { openMainDatabase } from '../open-main-database.ts'
import { queryPostgres } from '../postgres/postgres-database-fixture.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { appendSegments, auditLocation, event, tamper } from './audit-fixtures.ts'
import type { AuditEvent } from './audit-event.ts'
import { catchUpAuditIndex } from './audit-indexer.ts'
import { type AuditLocation, auditUrl } from './audit-location.ts'
import { type AuditReader, openAuditReader } from './audit-reader.ts'
import { type CheckpointStore, openCheckpointStore, type SignedCheckpoint } from './checkpoint-store.ts'
import { retainAudit, type RetainAuditDeps } from './retain-audit.ts'
import { openRetentionPlace } from './retention-place.ts'
import { openSigningKey } from './signing-key.ts'
import { verifyAudit } from './verify-audit.ts'

export const DAY = 86_400_000
const MONTHS = [0, 1, 2, 3, 4].map((month) => Date.UTC(2025, month))
export const BEFORE = Date.UTC(2025, 3)
export const NOW = Date.UTC(2026, 5)
const DAYS = (NOW - BEFORE) / DAY
/** Until three months are signed and a run may remove them. */
const NIGHTS = 3
/** Of api-1; executor has one. */
export const ROWS_A_MONTH = 6

/** For tests of retention. */
export interface RetentionHouse {
  location: AuditLocation
  deps: RetainAuditDeps
  copy: string
  /** One retention of what is older than April 2025, a day after the one before. */
  retainOnce(overrides?: Partial<RetainAuditDeps>): ReturnType<typeof retainAudit>
  /** Until all is signed; the last removes. */
  retain(overrides?: Partial<RetainAuditDeps>): ReturnType<typeof retainAudit>
  /** Checkpoints of another host, or of no copy. */
  store(copyFile: string | null): Promise<CheckpointStore>
  /** With the copy of the checkpoints, with another one, or with none. */
  verify(copyFile?: string | null): ReturnType<typeof verifyAudit>
  /** What somebody signs who has the key. */
  forge(checkpoint: Checkpoint): Promise<SignedCheckpoint>
  change(sql: string): Promise<void>
}

export const segmentAt = (ts: number): AuditEvent[] => [event({ ts }), event({ ts: ts + 1, strategyId: null })]

/** Chains over five months, indexed, with a checkpoint at the end of each month. */
export async function retentionHouse(more: { ts: number; after: number }[] = [], given?: AuditLocation): Promise<RetentionHouse> {
  const location = given ?? (await auditLocation())
  const { dataDir, databasePath = join(dataDir, 'spark.db') } = location
  const main = await openMainDatabase({ path: databasePath, thread: false, durability: 'rebuildable' })
  const reader = openAuditReader({ ...location, thread: false })
  const copy = join(temporaryFolder(), 'checkpoints.ndjson')
  const keyFile = join(dataDir, 'signing.key')
  const store = (copyFile: string | null) => openCheckpointStore({ db: main.db, reader, keyFile, copyFile, auditDays: DAYS })
  const checkpoints = await store(copy)
  for (const [at, month] of MONTHS.entries()) {
    await appendSegments(
      location,
      'api-1',
      [1, 10, 20].map((day) => segmentAt(month + day * DAY)),
    )
    await appendSegments(location, 'executor', [[event({ ts: month + DAY, action: 'process.start' })]])
    await appendSegments(
      location,
      'api-1',
      more.filter(({ after }) => after === at).map(({ ts }) => segmentAt(ts)),
    )
    await checkpoints.write(month + 28 * DAY, { always: true })
  }
  await catchUpAuditIndex(location)
  const place = await openRetentionPlace(location)
  onTestFinished(async () => {
    await place.close()
    await reader.close()
    await main.close()
  })
  const announce = (row: AuditEvent) => appendSegments(location, 'executor', [[{ ...row, ts: NOW }]])
  const verified = (copyFile: string | null, toldBefore = Infinity) =>
    verifyAudit({
      ...location,
      publicKey: checkpoints.publicKey,
      toldBefore,
      ...(copyFile !== null && { checkpointsFile: copyFile }),
    })
  const deps = { db: main.db, place, checkpoints, announce, verify: (toldBefore: number) => verified(copy, toldBefore) }
  let nights = 0
  const retainOnce = (overrides: Partial<RetainAuditDeps> = {}) =>
    retainAudit({ ...deps, ...overrides }, BEFORE, NOW + nights++ * DAY)
  return {
    location,
    deps,
    copy,
    verify: (copyFile = copy) => verified(copyFile),
    async forge(checkpoint) {
      const document = checkpointText(checkpoint)
      return { document, signature: (await openSigningKey(keyFile)).sign(document) }
    },
    store,
    retainOnce,
    async retain(overrides = {}) {
      const signing = { ...(overrides.place ?? place), remove: async () => ({ rows: 0, months: 0, waiting: 0 }) }
      for (let night = 1; night < NIGHTS; night++) await retainOnce({ ...overrides, place: signing })
      return retainOnce(overrides)
    },
    async change(sql) {
      if (auditUrl(location) !== null) await queryPostgres(databasePath, `set session_replication_role = replica; ${sql}`)
      else tamper(dataDir, 'api-1', sql)
    },
  }
}

/** Id and month of all rows, as they are read. */
export const rowsOf = async ({ location }: RetentionHouse): Promise<string[]> => {
  const reader = openAuditReader({ ...location, thread: false })
  const rows: string[] = []
  for await (const { id, timestamp } of reader.exportRows({ all: true })) rows.push(`${id} ${timestamp.slice(0, 7)}`)
  await reader.close()
  return rows
}

export const headsOf = async ({ location }: RetentionHouse): ReturnType<AuditReader['heads']> => {
  const reader = openAuditReader({ ...location, thread: false })
  const heads = await reader.heads()
  await reader.close()
  return heads
}
