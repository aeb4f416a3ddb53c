import type { Migration } from 'kysely/migration'
import { main0001First } from './main-0001-first.ts'
import { main0002Trading } from './main-0002-trading.ts'
import { main0003Operation } from './main-0003-operation.ts'
import { main0004Rollout } from './main-0004-rollout.ts'
import { main0005Alerts } from './main-0005-alerts.ts'
import { main0006EntriesStopped } from './main-0006-entries-stopped.ts'
import { main0007Accounts } from './main-0007-accounts.ts'
import { main0008RolloutIds } from './main-0008-rollout-ids.ts'
import { main0009Rehearsals } from './main-0009-rehearsals.ts'
import { main0010Labels } from './main-0010-labels.ts'
import { main0011Learning } from './main-0011-learning.ts'
import { main0013Reports } from './main-0013-reports.ts'
import { main0014Calibration } from './main-0014-calibration.ts'
import { main0015SignInTries } from './main-0015-sign-in-tries.ts'
import { main0018Hosts } from './main-0018-hosts.ts'
import { main0025RequestCounts } from './main-0025-request-counts.ts'
import { main0026ProcessCanary } from './main-0026-process-canary.ts'
import { main0027JobAskedBy } from './main-0027-job-asked-by.ts'

/** Run in the order of their names; a published one never changes. The schema they make stands in schema.*.sql. */
export const MAIN_MIGRATIONS: Record<string, Migration> = {
  '0001-first': main0001First,
  '0002-trading': main0002Trading,
  '0003-operation': main0003Operation,
  '0004-rollout': main0004Rollout,
  '0005-alerts': main0005Alerts,
  '0006-entries-stopped': main0006EntriesStopped,
  '0007-accounts': main0007Accounts,
  '0008-rollout-ids': main0008RolloutIds,
  '0009-rehearsals': main0009Rehearsals,
  '0010-labels': main0010Labels,
  '0011-learning': main0011Learning,
  '0013-reports': main0013Reports,
  '0014-calibration': main0014Calibration,
  '0015-sign-in-tries': main0015SignInTries,
  '0018-hosts': main0018Hosts,
  '0025-request-counts': main0025RequestCounts,
  '0026-process-canary': main0026ProcessCanary,
  '0027-job-asked-by': main0027JobAskedBy,
}
