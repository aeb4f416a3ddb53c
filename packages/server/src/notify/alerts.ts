import { acknowledge, look, raise, resolve, snooze, type AlertStep } from '@spark/core/alert/alert'
import type { AlertCode } from '@spark/core/alert/alert-code'
import { oneLine } from '@spark/core/alert/alert-text'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { NewJob, Queue } from '../queue/queue.ts'
import type { Randomness } from '../random.ts'
import { createAlertNoticeStore, type AlertNoticeStore, type Audience, type Notice } from '../storage/alert-notice-store.ts'
import { createAlertStore, type AlertStore, type NewAlert, type StoredAlert } from '../storage/alert-store.ts'
import { createAuditOutbox, type AuditOutbox } from '../storage/audit-outbox.ts'
import type { MainTables } from '../storage/tables.ts'
import type { AlertRules } from './alert-rules.ts'

/** What is raised within this time after the first one goes out with it: told within 5 s, and five symptoms are one message. */
const GROUP_MS = 2000
/** A group that has waited longer, because nothing sent it, takes no more: what comes has a job of its own. */
const JOIN_MS = 600_000
const MESSAGE_CHARACTERS_MAX = 1000
const MINUTE_MS = 60_000

export type AlertCommand = { kind: 'acknowledge' } | { kind: 'snooze'; minutes: number } | { kind: 'resolve' }

/** Who acts, and why. */
export interface AlertActor {
  actor: string
  traceId: string
  reason: string | null
}

/** One that the runbook tells what to do about. */
export type KnownAlert = NewAlert & { code: AlertCode }

/** Alerts as Spark's own code raises them: a code that the runbook lacks does not compile. */
export interface KnownAlerts extends Omit<Alerts, 'raise' | 'resolve'> {
  raise(trx: Kysely<MainTables>, alert: KnownAlert): Promise<void>
  resolve(trx: Kysely<MainTables>, code: AlertCode, scope: string, message?: string): Promise<void>
}

/** Alerts with their state, their audit events, and the jobs that tell people; a channel is never waited for. */
export interface Alerts {
  /** In the caller's transaction. Raised while it fires, an alert is counted. */
  raise(trx: Kysely<MainTables>, alert: NewAlert): Promise<void>
  /** Its cause is over: ends the open alert, if there is one, in the caller's transaction. `message`: what is true now. */
  resolve(trx: Kysely<MainTables>, code: string, scope: string, message?: string): Promise<void>
  /** Those that are not over. */
  open(): Promise<StoredAlert[]>
  /** Ends one whose cause is over, unless it was raised or changed since it was seen. */
  settle(seen: StoredAlert): Promise<void>
  /** A person acts. */
  act(id: number, command: AlertCommand, by: AlertActor): Promise<StoredAlert | 'unknown' | 'over'>
  /** Escalates it, or ends its snooze, if that is still due at `atMs`. False when it is too early: the clock was set back. */
  look(id: number, atMs: number): Promise<boolean>
  /** What the notices of a group say; nothing joins it from now on. */
  takeGroup(group: number): Promise<Notice[]>
}

const OPEN_MAX = 1000

/** An alert before a step; one that becomes another has no id yet. */
type Before = Pick<StoredAlert, 'code' | 'scope' | 'changedBy' | 'reason' | 'lookTs'> & { id: number | null }

interface Parts {
  rules: AlertRules
  clock: Pick<Clock, 'nowMs'>
  store: AlertStore
  notices: AlertNoticeStore
  outbox: AuditOutbox
  queue: Queue
}

/** `clock`: the wall clock, also in a replay: people live by it. */
export function createAlerts(deps: {
  db: Kysely<MainTables>
  rules: AlertRules
  clock: Pick<Clock, 'nowMs'>
  random: Pick<Randomness, 'secret'>
}): Alerts {
  const { db, rules, clock } = deps
  const store = createAlertStore(db)
  const notices = createAlertNoticeStore(db)
  const parts: Parts = { rules, clock, store, notices, outbox: createAuditOutbox(db), queue: createDatabaseQueue(deps) }

  return {
    async raise(trx, { severity, code, scope, message }) {
      const before = await store.newest(trx, code, scope)
      const step = raise(before, { severity, message: lineOf(message) }, rules, clock.nowMs())
      const known =
        before === null || step.fresh ? { id: null, code, scope, changedBy: null, reason: null, lookTs: null } : before
      await keep(parts, trx, known, step, null)
    },
    resolve: async (trx, code, scope, message) => end(parts, trx, await store.newest(trx, code, scope), message),
    open: () => store.list({ state: 'open', limit: OPEN_MAX }),
    settle: (seen) =>
      db.transaction().execute(async (trx) => {
        const now = await store.get(seen.id, trx)
        if (now?.change === seen.change) await end(parts, trx, now)
      }),
    act: (id, command, by) =>
      db.transaction().execute(async (trx) => {
        const before = await store.get(id, trx)
        if (before === null) return 'unknown'
        const step = performed(before, command, clock.nowMs())
        if (step === null) return 'over'
        await keep(parts, trx, before, step, by)
        return (await store.get(id, trx)) ?? 'unknown'
      }),
    look: (id, atMs) =>
      db.transaction().execute(async (trx) => {
        const before = await store.get(id, trx)
        if (before === null || before.lookTs !== atMs) return true
        const step = look(before, rules, clock.nowMs())
        if (step === null) return false
        await keep(parts, trx, before, step, null)
        return true
      }),
    takeGroup: (group) => notices.close(group),
  }
}

/** Keeps what became of an alert: its row, the audit event, the notice, the job that looks at it again. `by` null: Spark itself. */
async function keep(
  parts: Parts,
  trx: Kysely<MainTables>,
  before: Before,
  step: AlertStep,
  by: AlertActor | null,
): Promise<void> {
  const { store, outbox, queue, clock } = parts
  const { code, scope } = before
  const { alert, event } = step
  // Raised again, it is nobody's any more.
  const whose = event === 'raised' || event === 'reopened' ? { changedBy: null, reason: null } : before
  const { changedBy, reason } = by === null ? whose : { changedBy: by.actor, reason: by.reason }
  const id = await store.put(trx, { ...alert, id: before.id, code, scope, changedBy, reason })
  if (event !== null) {
    const { severity, message, count, snoozedUntil } = alert
    const context = { alert: id, severity, code, scope, message, count, snoozedUntil, reason: by?.reason ?? null }
    const { actor, traceId = null } = by ?? { actor: 'executor' }
    await outbox.add(trx, [{ ts: clock.nowMs(), action: `alert.${event}`, actor, traceId, result: 'ok', context }])
  }
  const jobs = await tell(parts, trx, { id, code, scope }, step)
  if (alert.lookTs !== null && alert.lookTs !== before.lookTs)
    jobs.push({
      queue: 'notification',
      key: `look ${id} ${alert.lookTs}`,
      payload: { look: id, at: alert.lookTs },
      runAt: alert.lookTs,
    })
  if (jobs.length > 0) await queue.enqueueAll(trx, jobs)
}

/** Adds the notice to a group; resolves with the jobs that send it, when this is the first one of it. */
async function tell(
  { rules, clock, notices }: Parts,
  trx: Kysely<MainTables>,
  about: Pick<StoredAlert, 'id' | 'code' | 'scope'>,
  step: AlertStep,
): Promise<NewJob[]> {
  const { alert, notice: kind } = step
  if (kind === null) return []
  // Who was woken is told when it is over.
  const audience: Audience = kind === 'escalated' || (kind === 'resolved' && alert.escalations > 0) ? 'escalated' : 'told'
  if (rules[audience].length === 0) return []
  const { id, code, scope } = about
  const ts = clock.nowMs()
  const message = kind === 'escalated' ? `${alert.message} (nobody has acknowledged it: spark alerts ack ${id})` : alert.message
  const notice: Notice = { alert: id, kind, ts, severity: alert.severity, code, scope, message }
  const { group, opened } = await notices.add(trx, audience, notice, JOIN_MS)
  if (!opened) return []
  return rules[audience].map((channel) => ({
    queue: 'notification',
    key: `alerts ${group} ${channel}`,
    payload: { channel, group },
    runAt: ts + GROUP_MS,
  }))
}

async function end(parts: Parts, trx: Kysely<MainTables>, before: StoredAlert | null, message?: string): Promise<void> {
  if (before === null) return
  const step = resolve(message === undefined ? before : { ...before, message: lineOf(message) }, parts.clock.nowMs())
  if (step !== null) await keep(parts, trx, before, step, null)
}

function performed(before: StoredAlert, command: AlertCommand, nowMs: number): AlertStep | null {
  if (command.kind === 'acknowledge') return acknowledge(before)
  return command.kind === 'resolve' ? resolve(before, nowMs) : snooze(before, nowMs + command.minutes * MINUTE_MS)
}

function lineOf(message: string): string {
  return oneLine(message, MESSAGE_CHARACTERS_MAX)
}
