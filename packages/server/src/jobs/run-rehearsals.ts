import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { removeReports } from '../rehearsal/rehearsal-files.ts'
import type { RehearsalStore, StoredRehearsal } from '../storage/rehearsal-store.ts'
import { forkApart, startApartWork, type ApartWork } from './run-apart.ts'

const ENTRY = fileURLToPath(new URL('../rehearsal/apart.ts', import.meta.url))
const KEPT = 20

/** Runs rehearsals apart; the reports of old ones are removed. */
export function startRehearsals({
  dataDir,
  store,
  clock,
  log,
  start = ({ id, ask }) => forkApart(ENTRY, [id, JSON.stringify(ask)]),
}: {
  dataDir: string
  store: RehearsalStore
  clock: Clock
  log: Log
  /** Starts the process; tests give another. */
  start?: (rehearsal: Pick<StoredRehearsal, 'id' | 'ask'>) => ChildProcess
}): Promise<ApartWork> {
  return startApartWork({
    name: 'rehearsal',
    store,
    clock,
    log,
    start,
    async afterwards() {
      for (const old of await store.prune(KEPT)) await removeReports(dataDir, old)
    },
  })
}
