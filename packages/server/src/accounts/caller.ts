import { LOOPBACK_PERMISSIONS, PERMISSION_NAMES, permissionsOf, type Permission, type Role } from '@spark/contract/permissions'
import type { StoredToken } from '../storage/api-token-store.ts'
import type { FoundSession } from '../storage/session-store.ts'
import type { Principal } from '../tokens.ts'

/** Who calls, and what they may do. */
export interface Caller {
  kind: 'anonymous' | 'machine' | 'session' | 'token'
  /** As the audit names them. */
  actor: string
  /** The person behind it. */
  user: { name: string; role: Role } | null
  /** Of the session or token. */
  id: string | null
  permissions: ReadonlySet<Permission>
  /** Ms; until then nothing asks for the password. Null: it never does (machine), or cannot (no session). */
  stepUpUntil: number | null
  endsAt: number | null
}

const plain = { user: null, id: null, stepUpUntil: null, endsAt: null }
const STRANGER: Caller = { ...plain, kind: 'anonymous', actor: 'anonymous', permissions: new Set() }
const NEIGHBOUR: Caller = { ...STRANGER, permissions: LOOPBACK_PERMISSIONS }
/** Whoever reads operator.token could as well write the database: it may do everything, and no password stands behind it. */
const OPERATOR: Caller = { ...plain, kind: 'machine', actor: 'operator', permissions: new Set(PERMISSION_NAMES) }
const EXECUTOR: Caller = { ...NEIGHBOUR, kind: 'machine', actor: 'executor' }

/** Without an account: by the token of the data folder, or by being on this machine. */
export function callerWithoutAccount(principal: Principal, onLoopback: boolean): Caller {
  if (principal === 'operator') return OPERATOR
  if (principal === 'executor') return EXECUTOR
  return onLoopback ? NEIGHBOUR : STRANGER
}

export function callerOfSession({ id, user, role, endsAt, confirmedAt, previous }: FoundSession, stepUpMs: number): Caller {
  // Who has only the cookie from before may not have been there when the password was given.
  const stepUpUntil = previous ? 0 : confirmedAt + stepUpMs
  return { kind: 'session', actor: user, user: { name: user, role }, id, permissions: permissionsOf(role), stepUpUntil, endsAt }
}

/** What the token was made for, as far as its owner still may. */
export function callerOfToken({ id, user, name, role, permissions, expiresAt }: StoredToken & { role: Role }): Caller {
  const owned = permissionsOf(role)
  return {
    kind: 'token',
    actor: `${user}:${name}`,
    user: { name: user, role },
    id,
    permissions: new Set(permissions.filter((one) => owned.has(one))),
    stepUpUntil: null,
    endsAt: expiresAt,
  }
}
