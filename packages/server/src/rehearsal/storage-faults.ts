import type { Clock } from '../clock.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { ActiveFaults } from './fault.ts'
import type { Life } from './life.ts'
import type { StatementHooks, StatementKind } from './shared-database.ts'

/** A statement waits so long for a lock that somebody else holds. */
const LOCK_WAIT_MS = 400
const PATH = 'spark.db'

/** What the disk does to one process, and where in its work it dies or is stopped. */
export class StorageFaults implements StatementHooks {
  readonly #clock: Clock
  readonly #faults: ActiveFaults
  readonly #isSlow: boolean
  #countdown: { left: number; counts: (statement: StatementKind) => boolean; end: () => void } | null = null

  constructor({ clock, faults, isSlow }: { clock: Clock; faults: ActiveFaults; isSlow: boolean }) {
    this.#clock = clock
    this.#faults = faults
    this.#isSlow = isSlow
  }

  /** The process dies right after this many more writes; 0: before the next one is acknowledged. */
  dieAfter(writes: number, life: Life): void {
    const counts = ({ kind }: StatementKind) => kind === 'write' || kind === 'commit'
    this.#countdown = { left: writes, counts, end: () => life.kill() }
  }

  /** The process is stopped right after this many more statements. */
  stopAfter(statements: number, life: Life, goOn: Promise<void>): void {
    this.#countdown = { left: statements, counts: () => true, end: () => life.stop(goOn) }
  }

  before({ kind }: StatementKind): Promise<void> | null {
    const faults = this.#faults
    if (faults.none || kind === 'read') return null
    if (faults.of('locked_database') !== null && kind !== 'commit')
      return this.#clock.sleep(LOCK_WAIT_MS).then(() => {
        throw new StorageError('locked', PATH, 'database is locked')
      })
    if (faults.of('full_disk') !== null && kind !== 'begin')
      return Promise.reject(new StorageError('disk_full', PATH, 'database or disk is full'))
    const slowMs = this.#isSlow ? faults.strength('slow_disk') : 0
    return slowMs > 0 ? this.#clock.sleep(slowMs) : null
  }

  after(statement: StatementKind): void {
    const countdown = this.#countdown
    if (countdown === null || !countdown.counts(statement)) return
    if (countdown.left > 0) {
      countdown.left -= 1
      return
    }
    this.#countdown = null
    countdown.end()
  }
}
