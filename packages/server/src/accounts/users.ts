import type { Invitation, UserView } from '@spark/contract/accounts'
import { permissionsOf, type Role } from '@spark/contract/permissions'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import { commandEvent, type Who } from '../command-event.ts'
import type { Randomness } from '../random.ts'
import { sha256 } from '../sha256.ts'
import { createApiTokenStore } from '../storage/api-token-store.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { createSessionStore } from '../storage/session-store.ts'
import type { MainTables } from '../storage/tables.ts'
import { createUserStore, type StoredUser } from '../storage/user-store.ts'

export interface AccountParts {
  db: Kysely<MainTables>
  clock: Pick<Clock, 'nowMs' | 'speed'>
  random: Pick<Randomness, 'secret' | 'traceId'>
}

/** A set-up link holds for a day. */
const LINK_MS = 24 * 3_600_000
const USERS_MAX = 200
export const FIRST_ADMINISTRATOR = 'admin'

/** Names that the audit gives to processes and to callers without an account. */
const TAKEN = /^(all|anonymous|operator|executor|controller|supervisor|orders|spark|system|api(-\d+)?)$/

export type UserProblem = 'unknown_id' | 'id_taken' | 'too_many_things' | 'last_administrator'
type Refused = { problem: UserProblem }

export function userView({ name, role, passwordHash, disabled, createdAt, createdBy, signedInAt }: StoredUser): UserView {
  const state = disabled ? 'disabled' : passwordHash === null ? 'invited' : 'active'
  return { name, role, state, createdAt, createdBy, signedInAt }
}

/** The administrator of an installation that has nobody yet, with a set-up link; null: there is somebody. Of several at once one wins. */
export async function firstAdministrator(parts: AccountParts, by: Who): Promise<Invitation | null> {
  const nobody = (await createUserStore(parts.db).list()).length === 0
  if (!nobody) return null
  const added = await addUser(parts, { name: FIRST_ADMINISTRATOR, role: 'admin' }, by)
  return 'problem' in added ? null : added
}

export async function addUser(
  { db, clock, random }: AccountParts,
  { name, role }: { name: string; role: Role },
  by: Who,
): Promise<Invitation | Refused> {
  const users = createUserStore(db)
  const nowMs = clock.nowMs()
  return db.transaction().execute(async (trx) => {
    if (TAKEN.test(name)) return { problem: 'id_taken' }
    if ((await users.list(trx)).length >= USERS_MAX) return { problem: 'too_many_things' }
    if (!(await users.add(trx, { name, role, createdAt: nowMs, createdBy: by.actor }))) return { problem: 'id_taken' }
    await tell(trx, by, { ts: nowMs, action: 'user.created', context: { user: name, role } })
    return invitation(trx, { users, clock, random }, name)
  })
}

/** Another link for somebody who is there; whoever uses it chooses a new password. */
export async function inviteUser({ db, clock, random }: AccountParts, name: string, by: Who): Promise<Invitation | Refused> {
  const users = createUserStore(db)
  return db.transaction().execute(async (trx) => {
    const user = await users.get(name, trx)
    if (user === null || user.disabled) return { problem: 'unknown_id' }
    await tell(trx, by, { ts: clock.nowMs(), action: 'user.invited', context: { user: name } })
    return invitation(trx, { users, clock, random }, name)
  })
}

/** The role counts from the next request on; who is disabled loses sessions, tokens and link at once. */
export async function changeUser(
  { db, clock }: AccountParts,
  name: string,
  change: { role?: Role; disabled?: boolean },
  by: Who,
): Promise<Refused | null> {
  const users = createUserStore(db)
  const nowMs = clock.nowMs()
  return db.transaction().execute(async (trx) => {
    const user = await users.get(name, trx)
    if (user === null) return { problem: 'unknown_id' }
    const before = { role: user.role, disabled: user.disabled }
    const after = { role: change.role ?? user.role, disabled: change.disabled ?? user.disabled }
    const others = (await users.list(trx)).filter((one) => one.name !== name)
    if (manages(user) && !manages({ ...user, ...after }) && !others.some(manages)) return { problem: 'last_administrator' }
    await users.change(trx, name, after)
    const ended = after.disabled
      ? {
          sessions: await createSessionStore(db).removeOthers(trx, name, 0),
          tokens: await createApiTokenStore(db).removeAll(trx, name),
        }
      : {}
    if (after.disabled) await users.removeLink(trx, name)
    await tell(trx, by, { ts: nowMs, action: 'user.changed', context: { user: name, before, after, ...ended } })
    return null
  })
}

function manages({ role, disabled, passwordHash }: StoredUser): boolean {
  return permissionsOf(role).has('canManageUsers') && !disabled && passwordHash !== null
}

async function invitation(
  trx: Kysely<MainTables>,
  { users, clock, random }: Pick<AccountParts, 'clock' | 'random'> & { users: ReturnType<typeof createUserStore> },
  name: string,
): Promise<Invitation> {
  const token = random.secret(32)
  const expiresAt = clock.nowMs() + LINK_MS * clock.speed
  await users.putLink(trx, name, { hash: sha256(token), expiresAt })
  const user = await users.get(name, trx)
  if (user === null) throw new Error(`the account ${name} is gone`)
  // Behind #, which no browser sends: it stands in no log of a server or proxy.
  return { user: userView(user), path: `/setup#${token}`, expiresAt }
}

/** Each change and its audit event are one transaction. */
export function tell(
  trx: Kysely<MainTables>,
  by: Who,
  event: { ts: number; action: string; context: Record<string, unknown> },
): Promise<void> {
  return createAuditOutbox(trx).add(trx, [commandEvent(by, event)])
}
