import { LEADER } from '@spark/core/hosts/plan-turn'
import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { lookEvery, type Looks } from '../look-every.ts'
import type { LeaseStore } from '../storage/lease-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { KnownAlerts } from './alerts.ts'

/** The one who leads ends it. */
export const NO_LEADER = { severity: 'red', code: 'no_leader', scope: 'leader' } as const

const LOOK_MS = 5_000
/** A start, or taking over, takes less. */
const LEADERLESS_MS = 60_000

/**
 * An api's part: it says so when no executor leads for a minute, since nobody else is there to say it. Messages to channels are sent by
 * who leads, so until then it is seen only by those who look. Returns what ends it.
 */
export function watchLeader(deps: {
  db: Kysely<MainTables>
  leases: Pick<LeaseStore, 'read'>
  alerts: Pick<KnownAlerts, 'open' | 'raise'>
  clock: Clock
  log: Log
}): Looks {
  const { db, alerts, clock, log } = deps
  /** Since when nobody led at each look, monotonic ms; null: somebody did, or it is not known. */
  let sinceMs: number | null = null
  const hasLeader = async (from: Kysely<MainTables>) => {
    const { nowMs, leases } = await deps.leases.read(from)
    const lease = leases.find(({ name }) => name === LEADER)
    // Where nobody has ever led, only apis are meant to run.
    return lease === undefined || lease.until > nowMs
  }
  async function lookOnce(): Promise<void> {
    if (await hasLeader(db)) return void (sinceMs = null)
    sinceMs ??= clock.monotonicMs()
    if (clock.monotonicMs() - sinceMs < LEADERLESS_MS) return
    if ((await alerts.open()).some(({ code }) => code === NO_LEADER.code)) return
    await db.transaction().execute(async (trx) => {
      if (!(await hasLeader(trx))) await alerts.raise(trx, { ...NO_LEADER, message: told('no_leader') })
    })
  }
  return lookEvery(clock, LOOK_MS, lookOnce, (error) => {
    sinceMs = null
    log.warn({ err: error }, 'who leads could not be read; trying again')
  })
}
