import type { Alert, AlertState, Severity } from '@spark/core/alert/alert'
import { sql, type Kysely, type Selectable } from 'kysely'
import type { AlertRow } from './operation-tables.ts'
import { prepared } from './prepared.ts'
import type { MainTables } from './tables.ts'

export interface NewAlert {
  severity: Severity
  /** Stable word: `venue_halted`. */
  code: string
  /** What it is about: `venue:paper`, `strategy:ID`, `job:backup`; alerts of the same code and scope belong together. */
  scope: string
  message: string
}

export interface StoredAlert extends Alert {
  id: number
  code: string
  scope: string
  /** The person who acted last, and why; null: nobody did since it fires. */
  changedBy: string | null
  reason: string | null
  /** Place in the order of all changes of alerts: who knows up to one asks for those after it. */
  change: number
}

/** An alert to be written. */
export type NewStored = Omit<StoredAlert, 'id' | 'change'> & { id: number | null }

export interface AlertFilter {
  /** `open`: every state but resolved. */
  state?: AlertState | 'open'
  severity?: Severity
  /** Only those behind this id in the list. */
  beforeId?: number
  limit: number
}

/** Alerts as they are now. What may happen to them is core's; changes are made through notify/alerts.ts. */
export interface AlertStore {
  get(id: number, trx?: Kysely<MainTables>): Promise<StoredAlert | null>
  /** The newest of its kind: the open one, when there is one. */
  newest(trx: Kysely<MainTables>, code: string, scope: string): Promise<StoredAlert | null>
  /** Writes it, as another one when `id` is null; resolves with its id. */
  put(trx: Kysely<MainTables>, alert: NewStored): Promise<number>
  /** Newest first. */
  list(filter: AlertFilter): Promise<StoredAlert[]>
  /** Those that changed after `change`, oldest change first, each once as it is now. */
  changedSince(change: number, limit: number): Promise<StoredAlert[]>
  /** Of the newest change; 0 before the first. */
  newestChange(): Promise<number>
  /** The one that was raised last. */
  last(): Promise<StoredAlert | null>
  /** Removes those that were over by then. */
  prune(beforeMs: number): Promise<number>
}

const NEXT_CHANGE = sql<number>`(select coalesce(max(change), 0) + 1 from alert)`

const listed = prepared<MainTables, AlertFilter, Selectable<AlertRow>>(
  (from, parameter, { state, severity, beforeId, limit }) => {
    let query = from.selectFrom('alert').selectAll()
    // Literally as the index has it: a parameter would not find the index.
    if (state === 'open') query = query.where('state', '<>', sql.lit('resolved'))
    else if (state !== undefined) query = query.where('state', '=', state)
    if (severity !== undefined) query = query.where('severity', '=', severity)
    if (beforeId !== undefined) query = query.where('id', '<', parameter('beforeId') as number)
    return query.orderBy('id', 'desc').limit(limit)
  },
  ({ state, severity, beforeId, limit }) => `${state} ${severity} ${beforeId !== undefined} ${limit}`,
)

export function createAlertStore(db: Kysely<MainTables>): AlertStore {
  return {
    async get(id, trx = db) {
      const row = await trx.selectFrom('alert').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async newest(trx, code, scope) {
      const row = await trx
        .selectFrom('alert')
        .selectAll()
        .where('code', '=', code)
        .where('scope', '=', scope)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async put(trx, { id, code, scope, changedBy, reason, ...alert }) {
      const columns = { code, scope, ...columnsOf(alert), changed_by: changedBy, reason, change: NEXT_CHANGE }
      const row =
        id === null
          ? trx.insertInto('alert').values(columns).returning('id')
          : trx.updateTable('alert').set(columns).where('id', '=', id).returning('id')
      return (await row.executeTakeFirstOrThrow()).id
    },
    list: async (filter) => (await listed(db, filter)).rows.map(fromRow),
    async changedSince(change, limit) {
      const rows = await db.selectFrom('alert').selectAll().where('change', '>', change).orderBy('change').limit(limit).execute()
      return rows.map(fromRow)
    },
    newestChange: () => newestChange(db),
    async last() {
      const row = await db
        .selectFrom('alert')
        .selectAll()
        .orderBy('last_ts', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async prune(beforeMs) {
      // The newest change stays: who follows changes must not see the numbers begin again.
      const { numDeletedRows } = await db
        .deleteFrom('alert')
        .where('state', '=', 'resolved')
        .where('last_ts', '<', beforeMs)
        .where('change', '<', await newestChange(db))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

async function newestChange(db: Kysely<MainTables>): Promise<number> {
  const { newest } = await db
    .selectFrom('alert')
    .select(({ fn }) => fn.coalesce(fn.max('change'), sql.lit(0)).as('newest'))
    .executeTakeFirstOrThrow()
  return newest
}

function columnsOf(alert: Alert) {
  return {
    severity: alert.severity,
    message: alert.message,
    state: alert.state,
    ts: alert.ts,
    last_ts: alert.lastTs,
    count: alert.count,
    snoozed_until: alert.snoozedUntil,
    resolved_ts: alert.resolvedTs,
    told: alert.told ? 1 : 0,
    look_ts: alert.lookTs,
    escalations: alert.escalations,
  }
}

function fromRow(row: Selectable<AlertRow>): StoredAlert {
  return {
    id: row.id,
    code: row.code,
    scope: row.scope,
    severity: row.severity as Severity,
    message: row.message,
    state: row.state as AlertState,
    ts: row.ts,
    lastTs: row.last_ts,
    count: row.count,
    snoozedUntil: row.snoozed_until,
    resolvedTs: row.resolved_ts,
    told: row.told === 1,
    lookTs: row.look_ts,
    escalations: row.escalations,
    changedBy: row.changed_by,
    reason: row.reason,
    change: row.change,
  }
}
