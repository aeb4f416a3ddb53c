import type { Role } from '@spark/contract/permissions'
import type { Kysely, Selectable } from 'kysely'
import type { UserAccountRow } from './account-tables.ts'
import type { MainTables } from './tables.ts'

export interface StoredUser {
  name: string
  role: Role
  passwordHash: string | null
  disabled: boolean
  createdAt: number
  createdBy: string
  signedInAt: number | null
}

/** People and the links by which they choose a password. */
export interface UserStore {
  get(name: string, trx?: Kysely<MainTables>): Promise<StoredUser | null>
  /** By name. */
  list(trx?: Kysely<MainTables>): Promise<StoredUser[]>
  /** False when there is somebody of this name. */
  add(trx: Kysely<MainTables>, user: Omit<StoredUser, 'passwordHash' | 'disabled' | 'signedInAt'>): Promise<boolean>
  change(trx: Kysely<MainTables>, name: string, to: Pick<StoredUser, 'role' | 'disabled'>): Promise<void>
  setPassword(trx: Kysely<MainTables>, name: string, passwordHash: string): Promise<void>
  signedIn(trx: Kysely<MainTables>, name: string, atMs: number): Promise<void>
  /** In place of the link from before. */
  putLink(trx: Kysely<MainTables>, name: string, link: { hash: string; expiresAt: number }): Promise<void>
  /** Whose link this is, while it holds. */
  ofLink(trx: Kysely<MainTables>, hash: string, nowMs: number): Promise<StoredUser | null>
  removeLink(trx: Kysely<MainTables>, name: string): Promise<void>
}

export function createUserStore(db: Kysely<MainTables>): UserStore {
  return {
    async get(name, trx = db) {
      const row = await trx.selectFrom('user_account').selectAll().where('name', '=', name).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async list(trx = db) {
      return (await trx.selectFrom('user_account').selectAll().orderBy('name').execute()).map(fromRow)
    },
    async add(trx, { name, role, createdAt, createdBy }) {
      const row = {
        name,
        role,
        password_hash: null,
        disabled: 0,
        created_at: createdAt,
        created_by: createdBy,
        signed_in_at: null,
      }
      const added = await trx
        .insertInto('user_account')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning('name')
        .execute()
      return added.length === 1
    },
    async change(trx, name, { role, disabled }) {
      await trx
        .updateTable('user_account')
        .set({ role, disabled: disabled ? 1 : 0 })
        .where('name', '=', name)
        .execute()
    },
    async setPassword(trx, name, passwordHash) {
      await trx.updateTable('user_account').set({ password_hash: passwordHash }).where('name', '=', name).execute()
    },
    async signedIn(trx, name, atMs) {
      await trx.updateTable('user_account').set({ signed_in_at: atMs }).where('name', '=', name).execute()
    },
    async putLink(trx, name, { hash, expiresAt }) {
      const row = { hash, expires_at: expiresAt }
      await trx
        .insertInto('setup_link')
        .values({ user_name: name, ...row })
        .onConflict((conflict) => conflict.column('user_name').doUpdateSet(row))
        .execute()
    },
    async ofLink(trx, hash, nowMs) {
      const row = await trx
        .selectFrom('setup_link')
        .innerJoin('user_account', 'user_account.name', 'setup_link.user_name')
        .selectAll('user_account')
        .where('setup_link.hash', '=', hash)
        .where('setup_link.expires_at', '>', nowMs)
        .executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async removeLink(trx, name) {
      await trx.deleteFrom('setup_link').where('user_name', '=', name).execute()
    },
  }
}

function fromRow(row: Selectable<UserAccountRow>): StoredUser {
  return {
    name: row.name,
    role: row.role as Role,
    passwordHash: row.password_hash,
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    createdBy: row.created_by,
    signedInAt: row.signed_in_at,
  }
}
