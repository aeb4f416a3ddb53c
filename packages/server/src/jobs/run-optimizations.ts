import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { OptimizationStore, StoredOptimization } from '../storage/optimization-store.ts'
import { forkApart, startApartWork, type ApartWork } from './run-apart.ts'

const ENTRY = fileURLToPath(new URL('../optimize/apart.ts', import.meta.url))
const KEPT = 100

/** Runs searches apart. `source`: the feed whose candles are searched on. */
export function startOptimizations({
  store,
  clock,
  log,
  source,
  start = ({ strategyId, ask }) => forkApart(ENTRY, [JSON.stringify({ strategyId, ask, source })]),
}: {
  store: OptimizationStore
  clock: Clock
  log: Log
  source: string
  /** Starts the process; tests give another. */
  start?: (optimization: StoredOptimization) => ChildProcess
}): Promise<ApartWork> {
  const afterwards = async () => void (await store.prune(KEPT))
  return startApartWork({ name: 'optimization', store, clock, log, start, afterwards })
}
