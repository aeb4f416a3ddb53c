import type { Role } from '@spark/contract/permissions'
import type { Kysely } from 'kysely'
import type { UserSessionRow } from './account-tables.ts'
import type { MainTables } from './tables.ts'

export interface StoredSession {
  id: string
  user: string
  createdAt: number
  seenAt: number
  endsAt: number
  confirmedAt: number
  address: string
  agent: string
}

/** A session as a request finds it: of somebody who is not disabled. */
export interface FoundSession extends StoredSession {
  role: Role
  /** The cookie is the one from before the newest. */
  previous: boolean
}

/** Which sessions hold: not at their end, and asked for something since. */
export interface Holding {
  nowMs: number
  /** Those not seen since are over. */
  seenAfterMs: number
}

export interface SessionStore {
  /** By the hash of its cookie; that from before the newest counts when it was replaced after `renewedAfterMs`. */
  find(hash: string, holding: Holding & { renewedAfterMs: number }): Promise<FoundSession | null>
  /** Which of these hold, whose person is not disabled. */
  holding(ids: readonly string[], holding: Holding): Promise<Set<string>>
  /** Those that hold, newest first; of one person, or of all. */
  list(user: string | null, holding: Holding): Promise<StoredSession[]>
  add(trx: Kysely<MainTables>, session: StoredSession & { hash: string }): Promise<void>
  seen(id: string, atMs: number): Promise<void>
  /** Another cookie, after the password was given again. */
  renew(trx: Kysely<MainTables>, id: string, to: { hash: string; atMs: number }): Promise<void>
  /** Whose it was; null: there was none, or none of `owner` when that is said. */
  remove(trx: Kysely<MainTables>, id: string, owner: string | null): Promise<string | null>
  /** All of a person but the newest `keep`. Resolves with how many. */
  removeOthers(trx: Kysely<MainTables>, user: string, keep: number): Promise<number>
  /** Removes what is over. */
  prune(trx: Kysely<MainTables>, holding: Holding): Promise<void>
}

const COLUMNS = ['id', 'user_name', 'created_at', 'seen_at', 'ends_at', 'confirmed_at', 'address', 'agent'] as const

export function createSessionStore(db: Kysely<MainTables>): SessionStore {
  return {
    find: (hash, holding) => findSession(db, hash, holding),
    async holding(ids, holding) {
      if (ids.length === 0) return new Set()
      const rows = await held(db, holding).select('user_session.id').where('user_session.id', 'in', ids).execute()
      return new Set(rows.map(({ id }) => id))
    },
    async list(user, holding) {
      let query = held(db, holding).select(COLUMNS.map((name) => `user_session.${name}` as const))
      if (user !== null) query = query.where('user_session.user_name', '=', user)
      return (await query.orderBy('user_session.created_at', 'desc').orderBy('user_session.id').execute()).map(fromRow)
    },
    async add(trx, { id, hash, user, createdAt, seenAt, endsAt, confirmedAt, address, agent }) {
      const times = { created_at: createdAt, seen_at: seenAt, ends_at: endsAt, confirmed_at: confirmedAt, renewed_at: createdAt }
      await trx
        .insertInto('user_session')
        .values({ id, hash, previous_hash: null, user_name: user, ...times, address, agent })
        .execute()
    },
    async seen(id, atMs) {
      await db.updateTable('user_session').set({ seen_at: atMs }).where('id', '=', id).execute()
    },
    async renew(trx, id, { hash, atMs }) {
      await trx
        .updateTable('user_session')
        .set((is) => ({ previous_hash: is.ref('hash'), hash, renewed_at: atMs, confirmed_at: atMs }))
        .where('id', '=', id)
        .execute()
    },
    async remove(trx, id, owner) {
      let query = trx.deleteFrom('user_session').where('id', '=', id)
      if (owner !== null) query = query.where('user_name', '=', owner)
      return (await query.returning('user_name').executeTakeFirst())?.user_name ?? null
    },
    async removeOthers(trx, user, keep) {
      const sessions = trx.selectFrom('user_session').select('id').where('user_name', '=', user)
      const newest = sessions.orderBy('created_at', 'desc').limit(keep)
      const others = trx.deleteFrom('user_session').where('user_name', '=', user).where('id', 'not in', newest)
      return (await others.returning('id').execute()).length
    },
    async prune(trx, { nowMs, seenAfterMs }) {
      await trx
        .deleteFrom('user_session')
        .where((is) => is.or([is('ends_at', '<=', nowMs), is('seen_at', '<=', seenAfterMs)]))
        .execute()
    },
  }
}

function held(db: Kysely<MainTables>, { nowMs, seenAfterMs }: Holding) {
  return db
    .selectFrom('user_session')
    .innerJoin('user_account', 'user_account.name', 'user_session.user_name')
    .where('user_session.ends_at', '>', nowMs)
    .where('user_session.seen_at', '>', seenAfterMs)
    .where('user_account.disabled', '=', 0)
}

async function findSession(
  db: Kysely<MainTables>,
  hash: string,
  { renewedAfterMs, ...holding }: Holding & { renewedAfterMs: number },
): Promise<FoundSession | null> {
  const row = await held(db, holding)
    .select([...COLUMNS.map((name) => `user_session.${name}` as const), 'user_session.hash', 'user_account.role'])
    .where((is) =>
      is.or([
        is('user_session.hash', '=', hash),
        is.and([is('user_session.previous_hash', '=', hash), is('user_session.renewed_at', '>', renewedAfterMs)]),
      ]),
    )
    .executeTakeFirst()
  return row === undefined ? null : { ...fromRow(row), role: row.role as Role, previous: row.hash !== hash }
}

function fromRow(row: Pick<UserSessionRow, (typeof COLUMNS)[number]>): StoredSession {
  return {
    id: row.id,
    user: row.user_name,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    endsAt: row.ends_at,
    confirmedAt: row.confirmed_at,
    address: row.address,
    agent: row.agent,
  }
}
