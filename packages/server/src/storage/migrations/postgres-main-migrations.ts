import type { Migration } from 'kysely/migration'
import { postgresMain0014First } from './postgres-main-0014-first.ts'
import { postgresMain0015SignInTries } from './postgres-main-0015-sign-in-tries.ts'
import { postgresMain0017TellChanges } from './postgres-main-0017-tell-changes.ts'
import { postgresMain0018Hosts } from './postgres-main-0018-hosts.ts'
import { postgresMain0019CandlePartitions } from './postgres-main-0019-candle-partitions.ts'
import { postgresMain0025RequestCounts } from './postgres-main-0025-request-counts.ts'
import { postgresMain0026ProcessCanary } from './postgres-main-0026-process-canary.ts'
import { postgresMain0027JobAskedBy } from './postgres-main-0027-job-asked-by.ts'

/** Of the main database on PostgreSQL. What comes later has the same name in MAIN_MIGRATIONS, but for what files need not. */
export const POSTGRES_MAIN_MIGRATIONS: Record<string, Migration> = {
  '0014-first': postgresMain0014First,
  '0015-sign-in-tries': postgresMain0015SignInTries,
  '0017-tell-changes': postgresMain0017TellChanges,
  '0018-hosts': postgresMain0018Hosts,
  '0019-candle-partitions': postgresMain0019CandlePartitions,
  '0025-request-counts': postgresMain0025RequestCounts,
  '0026-process-canary': postgresMain0026ProcessCanary,
  '0027-job-asked-by': postgresMain0027JobAskedBy,
}
