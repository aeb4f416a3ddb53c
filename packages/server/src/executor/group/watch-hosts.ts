import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { lookEvery, type Looks } from '../../look-every.ts'
import type { KnownAlert, KnownAlerts } from '../../notify/alerts.ts'
import { NO_LEADER } from '../../notify/no-leader.ts'
import { parityProblem, type ProcessReport, type ProcessReportStore } from '../../storage/process-report-store.ts'
import type { StoredAlert } from '../../storage/alert-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import type { Group } from './group.ts'
import { ReportSilence } from './report-silence.ts'
import { silentHosts } from './silent-hosts.ts'

const LOOK_MS = 5_000
/** A deploy host by host takes minutes, and is no matter for anybody. */
const DIFFER_MS = 600_000
/** Shorter than that it was a hiccup; real ms. */
const AWAY_MIN_MS = 5_000
/** So long the database must have answered; real ms. Whoever begins to lead within that time still tells it. */
const CALM_MS = 300_000
/** Nobody waits for a host any more that was not heard of for so long. */
const FORGET_MS = 86_400_000
const CODES = new Set<string>(['host_lost', 'hosts_differ', 'database_away', NO_LEADER.code])

export interface HostWatchDeps {
  db: Kysely<MainTables>
  reports: Pick<ProcessReportStore, 'since' | 'forget'>
  alerts: Pick<KnownAlerts, 'open' | 'raise' | 'resolve'>
  group: Pick<Group, 'leads' | 'leadsIn' | 'member'>
  clock: Clock
  log: Log
}

/** What a process remembers between two looks, of the others, of the database and of differences. Monotonic or real ms. */
interface Memory {
  silence: ReportSilence
  answeredMs: number
  /** The last look met no answer. A process that was paused saw no answer either, and says nothing of the database. */
  failed: boolean
  /** The last time that the database was away. */
  away: { seconds: number; untilMs: number; endedMs: number } | null
  differsSinceMs: number | null
}

/**
 * Tells people what befalls hosts, as alerts that end by themselves. Every executor looks, because whoever leads when the database is
 * there again may have led no more before; the one that leads tells.
 */
export function watchHosts(deps: HostWatchDeps): Looks {
  const { clock, log } = deps
  const silence = new ReportSilence(LOOK_MS)
  const memory: Memory = { silence, answeredMs: clock.realMs(), failed: false, away: null, differsSinceMs: null }
  return lookEvery(
    clock,
    LOOK_MS,
    () => lookOnce(deps, memory),
    (error) => {
      memory.failed = true
      log.warn({ err: error }, 'hosts could not be looked at; trying again')
    },
  )
}

async function lookOnce(deps: HostWatchDeps, memory: Memory): Promise<void> {
  const { db, clock, alerts, group } = deps
  const reports = await deps.reports.since(0)
  seeAnswer(clock, memory)
  const { silence } = memory
  silence.see(reports, clock.monotonicMs())
  // Where not even its own report comes through, nothing can be said of others.
  const own = reports.find(({ process }) => process === group.member)
  if (own === undefined || silence.isSilent(own)) return
  const wanted = wantedAlerts(deps, memory, reports)
  if (!group.leads()) return
  const forgotten = clock.nowMs() - FORGET_MS
  if (reports.some(({ reportedAt }) => reportedAt < forgotten)) await deps.reports.forget(forgotten)
  const open = (await alerts.open()).filter(({ code }) => CODES.has(code))
  const raised = wanted.filter((alert) => !open.some((one) => isSame(one, alert)))
  const over = open.filter((one) => !wanted.some((alert) => isSame(one, alert)) && (one.code !== 'host_lost' || silence.knows()))
  if (raised.length + over.length === 0) return
  await db.transaction().execute(async (trx) => {
    if (!(await group.leadsIn(trx))) return
    for (const alert of raised) await alerts.raise(trx, alert)
    for (const { code, scope } of over) await alerts.resolve(trx, code as KnownAlert['code'], scope, endText(code, deps))
  })
}

function seeAnswer(clock: Clock, memory: Memory): void {
  const realMs = clock.realMs()
  const silentMs = realMs - memory.answeredMs
  if (memory.failed && silentMs > LOOK_MS / clock.speed + AWAY_MIN_MS)
    memory.away = { seconds: Math.round(silentMs / 1000), untilMs: clock.nowMs(), endedMs: realMs }
  if (memory.away !== null && realMs - memory.away.endedMs > CALM_MS) memory.away = null
  memory.answeredMs = realMs
  memory.failed = false
}

const isSame = (one: Pick<StoredAlert, 'code' | 'scope'>, other: Pick<StoredAlert, 'code' | 'scope'>) =>
  one.code === other.code && one.scope === other.scope

function wantedAlerts({ clock }: HostWatchDeps, memory: Memory, reports: readonly ProcessReport[]): KnownAlert[] {
  const isSilent = (one: ProcessReport) => memory.silence.isSilent(one)
  const wanted: KnownAlert[] = silentHosts(reports, isSilent).map(({ host, processes, sinceMs }) => ({
    severity: 'red',
    code: 'host_lost',
    scope: `host:${host}`,
    message: told('host_silent', { processes: processes.join(', '), at: new Date(sinceMs).toISOString() }),
  }))
  const parity = parityProblem(reports.filter((one) => !isSilent(one)))
  memory.differsSinceMs = parity === null ? null : (memory.differsSinceMs ?? clock.monotonicMs())
  if (parity !== null && memory.differsSinceMs !== null && clock.monotonicMs() - memory.differsSinceMs >= DIFFER_MS)
    wanted.push({ severity: 'yellow', code: 'hosts_differ', scope: 'hosts', message: told('hosts_differ', { told: parity }) })
  if (memory.away !== null) {
    const { seconds, untilMs } = memory.away
    const message = told('database_away', { seconds, at: new Date(untilMs).toISOString() })
    wanted.push({ severity: 'yellow', code: 'database_away', scope: 'database', message })
  }
  return wanted
}

function endText(code: string, { group }: HostWatchDeps): string {
  if (code === 'host_lost') return told('host_heard')
  if (code === 'hosts_differ') return told('hosts_agree')
  if (code === 'database_away') return told('database_answers')
  return told('leader_there', { process: group.member ?? '' })
}
