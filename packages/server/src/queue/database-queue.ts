import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Randomness } from '../random.ts'
import { prepared } from '../storage/prepared.ts'
import type { MainTables } from '../storage/tables.ts'
import type { QueueJobRow } from '../storage/trading-tables.ts'
import {
  AT_ONCE,
  QUEUES,
  type DeadLetter,
  type LeasedJob,
  type NewJob,
  type Queue,
  type QueueDepth,
  type QueueName,
  type Takes,
} from './queue.ts'

const PAYLOAD_CHARACTERS_MAX = 65_536
const LEASE_JOBS_MAX = 1000
const LIST_MAX = 1000
const ROWS_A_STATEMENT = 500
const DETAIL_CHARACTERS_MAX = 500

interface QueueDeps {
  db: Kysely<MainTables>
  clock: Pick<Clock, 'nowMs'>
  random: Pick<Randomness, 'secret'>
}

/** The queue in the main database, in SQL that every dialect has. */
export function createDatabaseQueue(deps: QueueDeps): Queue {
  const { db, clock } = deps
  /** Changes a job only while the lease holds; false when it was lost. */
  const settle = async (trx: Kysely<MainTables>, { id, leaseToken }: LeasedJob, change: Partial<QueueJobRow> | null) => {
    const changed =
      change === null
        ? (await completeJob(trx, { id, leaseToken })).rows
        : await trx
            .updateTable('queue_job')
            .set({ ...change, lease_token: null, lease_until: null, changed_at: clock.nowMs() })
            .where('id', '=', id)
            .where('lease_token', '=', leaseToken)
            .returning('id')
            .execute()
    return changed.length === 1
  }
  return {
    enqueue: (trx, job) => enqueueAll(deps, trx, [job]),
    enqueueAll: (trx, jobs) => enqueueAll(deps, trx, jobs),
    lease: (queue, options) => lease(deps, queue, options),
    assign: (trx, queue, keys, owner) => assign(trx, queue, keys, { owner, changed_at: clock.nowMs() }),
    complete: (job, trx = db) => settle(trx, job, null),
    retry: (job, retryAt, reason, detail) =>
      settle(db, job, { state: 'ready', run_at: retryAt, reason, detail: bounded(detail) }),
    bury: (job, reason, detail) => settle(db, job, { state: 'dead', reason, detail: bounded(detail) }),
    async deadLetters({ queue, limit }) {
      let query = db.selectFrom('queue_job').selectAll().where('state', '=', 'dead')
      if (queue !== undefined) query = query.where('queue', '=', queue)
      const rows = await query.orderBy('changed_at', 'desc').orderBy('id').limit(Math.min(limit, LIST_MAX)).execute()
      return rows.map(deadLetter)
    },
    async redrive(id, trx = db) {
      const nowMs = clock.nowMs()
      return settleDead(trx, id, { state: 'ready', attempts: 0, run_at: AT_ONCE, enqueued_at: nowMs, changed_at: nowMs })
    },
    discard: (id, trx = db) => settleDead(trx, id, null),
    depth: () => depth(deps),
  }
}

/** Changes a dead letter, or throws it away; false when there is none. */
async function settleDead(trx: Kysely<MainTables>, id: string, change: Partial<QueueJobRow> | null): Promise<boolean> {
  const changed =
    change === null
      ? trx.deleteFrom('queue_job').where('id', '=', id).where('state', '=', 'dead').returning('id')
      : trx.updateTable('queue_job').set(change).where('id', '=', id).where('state', '=', 'dead').returning('id')
  return (await changed.execute()).length === 1
}

async function enqueueAll({ clock, random }: QueueDeps, trx: Kysely<MainTables>, jobs: readonly NewJob[]): Promise<void> {
  const nowMs = clock.nowMs()
  const rows = jobs.map(({ queue, key, payload, runAt, owner = null }): QueueJobRow => {
    const text = JSON.stringify(payload)
    if (text.length > PAYLOAD_CHARACTERS_MAX)
      throw new RangeError(`a job of ${text.length} characters is longer than ${PAYLOAD_CHARACTERS_MAX}`)
    return {
      id: random.secret(12),
      queue,
      key,
      payload: text,
      state: 'ready',
      attempts: 0,
      run_at: runAt ?? nowMs,
      lease_until: null,
      lease_token: null,
      reason: null,
      detail: null,
      enqueued_at: nowMs,
      changed_at: nowMs,
      owner,
    }
  })
  for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT)
    await trx
      .insertInto('queue_job')
      .values(rows.slice(at, at + ROWS_A_STATEMENT))
      .onConflict((conflict) => conflict.columns(['queue', 'key']).doNothing())
      .execute()
}

async function assign(
  trx: Kysely<MainTables>,
  queue: QueueName,
  keys: readonly string[],
  change: Pick<QueueJobRow, 'owner' | 'changed_at'>,
): Promise<void> {
  for (let at = 0; at < keys.length; at += ROWS_A_STATEMENT)
    await trx
      .updateTable('queue_job')
      .set({ ...change, state: 'ready', lease_token: null, lease_until: null })
      .where('queue', '=', queue)
      .where('key', 'in', keys.slice(at, at + ROWS_A_STATEMENT))
      .where('state', '!=', 'dead')
      .execute()
}

interface Free extends Takes {
  queue: QueueName
  now: number
  limit: number
  /** Whoever owns them. */
  all: boolean
}

/** Jobs of a queue that may be taken now, the longest waiting first. */
const freeJobs = prepared<MainTables, Free, { id: string }>(
  (from, parameter, { limit, all, owners, unowned }) =>
    from
      .selectFrom('queue_job')
      .select('id')
      .where('queue', '=', parameter('queue'))
      .$if(!all, (query) =>
        query.where((eb) =>
          eb.or([
            ...(owners.length > 0 ? [eb('owner', 'in', parameter('owners'))] : []),
            ...(unowned ? [eb('owner', 'is', null)] : []),
          ]),
        ),
      )
      .where((eb) =>
        eb.or([
          // Given back at a time that has not come yet: the clock was set back since, and would make it wait as long again.
          eb.and([
            eb('state', '=', 'ready'),
            eb.or([eb('run_at', '<=', parameter('now')), eb('changed_at', '>', parameter('now'))]),
          ]),
          eb.and([eb('state', '=', 'leased'), eb('lease_until', '<=', parameter('now'))]),
        ]),
      )
      .orderBy('run_at')
      .orderBy('enqueued_at')
      .limit(limit),
  ({ limit, all, owners, unowned }) => `${limit} ${all} ${owners.length} ${unowned}`,
)

const completeJob = prepared<MainTables, { id: string; leaseToken: string }, { id: string }>((from, parameter) =>
  from
    .deleteFrom('queue_job')
    .where('id', '=', parameter('id'))
    .where('lease_token', '=', parameter('leaseToken'))
    .returning('id'),
)

/** Jobs whose lease has run out are taken like waiting ones. */
async function lease(
  { db, clock, random }: QueueDeps,
  queue: QueueName,
  { limit, leaseMs, takes }: { limit: number; leaseMs: number; takes?: Takes },
): Promise<LeasedJob[]> {
  const nowMs = clock.nowMs()
  const free = { queue, now: nowMs, all: takes === undefined, owners: [], unowned: false, ...takes }
  if (!free.all && !free.unowned && free.owners.length === 0) return []
  const leaseUntil = nowMs + leaseMs
  // Most looks find nothing: they need no write lock.
  if ((await freeJobs(db, { ...free, limit: 1 })).rows.length === 0) return []
  const leaseToken = random.secret(12)
  const rows = await db.transaction().execute(async (trx) => {
    const { rows: found } = await freeJobs(trx, { ...free, limit: Math.min(limit, LEASE_JOBS_MAX) })
    if (found.length === 0) return []
    return trx
      .updateTable('queue_job')
      .set((eb) => ({
        state: 'leased',
        lease_until: leaseUntil,
        lease_token: leaseToken,
        attempts: eb('attempts', '+', 1),
        changed_at: nowMs,
      }))
      .where(
        'id',
        'in',
        found.map(({ id }) => id),
      )
      .returningAll()
      .execute()
  })
  return rows
    .sort((a, b) => a.run_at - b.run_at || a.enqueued_at - b.enqueued_at)
    .map((row) => ({
      id: row.id,
      queue: row.queue as QueueName,
      key: row.key,
      payload: parsed(row.payload),
      attempt: row.attempts,
      enqueuedAt: row.enqueued_at,
      leaseUntil,
      leaseToken,
    }))
}

const countJobs = prepared<
  MainTables,
  { now: number },
  { queue: string; state: string; due: number; count: number; oldest: number }
>((from, parameter) =>
  from
    .selectFrom('queue_job')
    .select((eb) => [
      'queue',
      'state',
      eb.case().when('run_at', '<=', parameter('now')).then(eb.lit(1)).else(eb.lit(0)).end().as('due'),
      eb.fn.countAll<number>().as('count'),
      // Waiting since its time came, or since it was enqueued for a time before.
      eb.fn
        .min(eb.case().when('run_at', '>', eb.ref('enqueued_at')).then(eb.ref('run_at')).else(eb.ref('enqueued_at')).end())
        .as('oldest'),
    ])
    .groupBy(['queue', 'state', 'due']),
)

async function depth({ db, clock }: QueueDeps): Promise<Record<QueueName, QueueDepth>> {
  const nowMs = clock.nowMs()
  const empty = (): QueueDepth => ({ ready: 0, delayed: 0, leased: 0, dead: 0, lagMs: 0 })
  const depths = Object.fromEntries(QUEUES.map((queue) => [queue, empty()])) as Record<QueueName, QueueDepth>
  const { rows } = await countJobs(db, { now: nowMs })
  for (const { queue, state, due, count, oldest } of rows) {
    const one = depths[queue as QueueName]
    if (state === 'dead') one.dead += count
    else if (state === 'leased') one.leased += count
    else if (due === 0) one.delayed += count
    else {
      one.ready += count
      one.lagMs = Math.max(one.lagMs, nowMs - oldest)
    }
  }
  return depths
}

function deadLetter(row: QueueJobRow): DeadLetter {
  return {
    id: row.id,
    queue: row.queue as QueueName,
    key: row.key,
    payload: parsed(row.payload),
    attempts: row.attempts,
    reason: row.reason ?? 'unknown',
    detail: row.detail ?? '',
    enqueuedAt: row.enqueued_at,
    diedAt: row.changed_at,
  }
}

/** A payload that is not JSON is a poisoned job, not a poisoned queue. */
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return null
  }
}

function bounded(detail: string): string {
  return detail.slice(0, DETAIL_CHARACTERS_MAX)
}
