import type { Permission, Role } from '@spark/contract/permissions'
import type { Kysely } from 'kysely'
import type { ApiTokenRow } from './account-tables.ts'
import type { MainTables } from './tables.ts'

export interface StoredToken {
  id: string
  user: string
  name: string
  permissions: readonly Permission[]
  createdAt: number
  expiresAt: number
  /** To the minute. */
  usedAt: number | null
}

/** Tokens of people, by hash. */
export interface ApiTokenStore {
  /** One that has not expired, of somebody who is not disabled. */
  find(hash: string, nowMs: number): Promise<(StoredToken & { role: Role }) | null>
  /** Which of these hold. */
  holding(ids: readonly string[], nowMs: number): Promise<Set<string>>
  /** Newest first; of one person, or of all. */
  list(user: string | null): Promise<StoredToken[]>
  count(trx: Kysely<MainTables>, user: string): Promise<number>
  /** False when the person has one of this name. */
  add(trx: Kysely<MainTables>, token: Omit<StoredToken, 'usedAt'> & { hash: string }): Promise<boolean>
  used(id: string, atMs: number): Promise<void>
  /** Null: there was none, or none of `owner` when that is said. */
  remove(trx: Kysely<MainTables>, id: string, owner: string | null): Promise<Pick<StoredToken, 'user' | 'name'> | null>
  removeAll(trx: Kysely<MainTables>, user: string): Promise<number>
  /** Removes what has expired. */
  prune(trx: Kysely<MainTables>, nowMs: number): Promise<void>
}

export function createApiTokenStore(db: Kysely<MainTables>): ApiTokenStore {
  const held = (nowMs: number) =>
    db
      .selectFrom('api_token')
      .innerJoin('user_account', 'user_account.name', 'api_token.user_name')
      .where('api_token.expires_at', '>', nowMs)
      .where('user_account.disabled', '=', 0)
  return {
    async find(hash, nowMs) {
      const row = await held(nowMs)
        .selectAll('api_token')
        .select('user_account.role')
        .where('api_token.hash', '=', hash)
        .executeTakeFirst()
      return row === undefined ? null : { ...fromRow(row), role: row.role as Role }
    },
    async holding(ids, nowMs) {
      if (ids.length === 0) return new Set()
      const rows = await held(nowMs).select('api_token.id').where('api_token.id', 'in', ids).execute()
      return new Set(rows.map(({ id }) => id))
    },
    async list(user) {
      let query = db.selectFrom('api_token').selectAll()
      if (user !== null) query = query.where('user_name', '=', user)
      return (await query.orderBy('created_at', 'desc').orderBy('id').execute()).map(fromRow)
    },
    async count(trx, user) {
      const row = await trx
        .selectFrom('api_token')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('user_name', '=', user)
        .executeTakeFirstOrThrow()
      return row.count
    },
    async add(trx, { id, hash, user, name, permissions, createdAt, expiresAt }) {
      const row = { id, hash, user_name: user, name, permissions: JSON.stringify(permissions), used_at: null }
      const added = await trx
        .insertInto('api_token')
        .values({ ...row, created_at: createdAt, expires_at: expiresAt })
        .onConflict((conflict) => conflict.columns(['user_name', 'name']).doNothing())
        .returning('id')
        .execute()
      return added.length === 1
    },
    async used(id, atMs) {
      await db.updateTable('api_token').set({ used_at: atMs }).where('id', '=', id).execute()
    },
    async remove(trx, id, owner) {
      let query = trx.deleteFrom('api_token').where('id', '=', id)
      if (owner !== null) query = query.where('user_name', '=', owner)
      const row = await query.returning(['user_name', 'name']).executeTakeFirst()
      return row === undefined ? null : { user: row.user_name, name: row.name }
    },
    async removeAll(trx, user) {
      return (await trx.deleteFrom('api_token').where('user_name', '=', user).returning('id').execute()).length
    },
    async prune(trx, nowMs) {
      await trx.deleteFrom('api_token').where('expires_at', '<=', nowMs).execute()
    },
  }
}

function fromRow(row: ApiTokenRow): StoredToken {
  return {
    id: row.id,
    user: row.user_name,
    name: row.name,
    permissions: JSON.parse(row.permissions) as Permission[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  }
}
