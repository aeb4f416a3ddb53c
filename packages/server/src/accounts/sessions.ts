import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Who } from '../command-event.ts'
import { sha256 } from '../sha256.ts'
import { createSessionStore } from '../storage/session-store.ts'
import type { MainTables } from '../storage/tables.ts'
import { createUserStore } from '../storage/user-store.ts'
import { SESSION_MS, holdingNow } from './callers.ts'
import { passwordProblem, type Passwords } from './password.ts'
import type { SignInLimits } from './sign-in-limits.ts'
import { tell, type AccountParts } from './users.ts'

export interface SessionParts extends AccountParts {
  clock: Clock
  passwords: Passwords
  limits: SignInLimits
}

/** Where a sign-in comes from, as the list of sessions shows it. */
export interface From {
  address: string
  agent: string
  traceId: string
}

/** A session that begins or goes on, with the secret of its cookie. */
export interface Opened {
  user: string
  secret: string
}
/** The session that asks. */
export interface OwnSession {
  id: string
  user: string
}

export type SignInProblem =
  | { problem: 'sign_in_refused' | 'setup_link_refused' }
  | { problem: 'password_refused'; why: string }
  | { problem: 'sign_in_wait'; waitMs: number }

const SESSIONS_MAX = 20
const BUSY = { problem: 'sign_in_wait', waitMs: 1000 } as const
const AGENT_CHARACTERS_MAX = 200

/** A wrong name is refused as a wrong password is, and takes as long. */
export async function signIn(
  parts: SessionParts,
  { name, password }: { name: string; password: string },
  from: From,
): Promise<Opened | SignInProblem> {
  const checked = await checkPassword(parts, name, password, from)
  if (typeof checked !== 'string') return checked
  return parts.db.transaction().execute((trx) => open(parts, trx, checked, from))
}

/** The password that somebody chooses by a set-up link. The link is gone then, and so is every session from before. */
export async function setUp(
  parts: SessionParts,
  { token, password }: { token: string; password: string },
  from: From,
): Promise<Opened | SignInProblem> {
  const { db, passwords, clock } = parts
  const users = createUserStore(db)
  const ofLink = (trx: Kysely<MainTables>) => users.ofLink(trx, sha256(token), clock.nowMs())
  const user = await ofLink(db)
  if (user === null) return { problem: 'setup_link_refused' }
  const why = passwordProblem(password, user.name)
  if (why !== null) return { problem: 'password_refused', why }
  const passwordHash = await passwords.hash(password)
  if (passwordHash === null) return BUSY
  return db.transaction().execute(async (trx) => {
    // Again: of two who use one link at once the second finds none.
    if ((await ofLink(trx)) === null) return { problem: 'setup_link_refused' }
    await users.removeLink(trx, user.name)
    await setPassword(trx, { name: user.name, passwordHash }, from, clock.nowMs())
    return open(parts, trx, user.name, from)
  })
}

/** The password again, for what asks for it. The cookie is a new one from here on. */
export async function confirmPassword(
  parts: SessionParts,
  session: OwnSession,
  password: string,
  from: From,
): Promise<Opened | SignInProblem> {
  const { db, clock, random } = parts
  const checked = await checkPassword(parts, session.user, password, from)
  if (typeof checked !== 'string') return checked
  const secret = random.secret(32)
  const nowMs = clock.nowMs()
  await db.transaction().execute(async (trx) => {
    await createSessionStore(db).renew(trx, session.id, { hash: sha256(secret), atMs: nowMs })
    await tell(trx, byOf(session.user, from), { ts: nowMs, action: 'session.confirmed', context: { session: session.id } })
  })
  return { user: session.user, secret }
}

/** Another password, and a new session in place of all there are. */
export async function changePassword(
  parts: SessionParts,
  { user }: OwnSession,
  { current, password }: { current: string; password: string },
  from: From,
): Promise<Opened | SignInProblem> {
  const checked = await checkPassword(parts, user, current, from)
  if (typeof checked !== 'string') return checked
  const why = passwordProblem(password, user)
  if (why !== null) return { problem: 'password_refused', why }
  const passwordHash = await parts.passwords.hash(password)
  if (passwordHash === null) return BUSY
  return parts.db.transaction().execute(async (trx) => {
    await setPassword(trx, { name: user, passwordHash }, from, parts.clock.nowMs())
    return open(parts, trx, user, from)
  })
}

/** Ends a session. False: there is none of this id, or of this person when `owner` is said. */
export async function endSession(
  { db, clock }: Pick<SessionParts, 'db' | 'clock'>,
  { id, owner, action }: { id: string; owner: string | null; action: 'session.ended' | 'session.revoked' },
  by: Who,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const user = await createSessionStore(db).remove(trx, id, owner)
    if (user !== null) await tell(trx, by, { ts: clock.nowMs(), action, context: { user, session: id } })
    return user !== null
  })
}

/** Whose name and password these are. */
async function checkPassword(parts: SessionParts, name: string, password: string, from: From): Promise<string | SignInProblem> {
  const { db, passwords, limits, clock } = parts
  const waitMs = await limits.begin(name, from.address)
  if (waitMs > 0) return { problem: 'sign_in_wait', waitMs }
  const user = await createUserStore(db).get(name)
  const right = await passwords.matches(password, user?.disabled === false ? user.passwordHash : null)
  if (right === null) return BUSY
  if (right && user !== null) {
    await limits.succeeded(name, from.address)
    return user.name
  }
  // What was typed as a name may have been a password: only names that there are go into the audit.
  const context = { user: user?.name ?? null, address: from.address }
  await tell(db, byOf('anonymous', from), { ts: clock.nowMs(), action: 'session.refused', context })
  return { problem: 'sign_in_refused' }
}

/** A session always begins with a secret of its own: what a browser sent before is never taken over. */
async function open({ db, clock, random }: SessionParts, trx: Kysely<MainTables>, user: string, from: From): Promise<Opened> {
  const sessions = createSessionStore(db)
  const nowMs = clock.nowMs()
  const secret = random.secret(32)
  const { address } = from
  const agent = from.agent.slice(0, AGENT_CHARACTERS_MAX)
  const id = random.traceId()
  await sessions.prune(trx, holdingNow(clock))
  await sessions.removeOthers(trx, user, SESSIONS_MAX - 1)
  const times = { createdAt: nowMs, seenAt: nowMs, confirmedAt: nowMs, endsAt: nowMs + SESSION_MS * clock.speed }
  await sessions.add(trx, { id, hash: sha256(secret), user, ...times, address, agent })
  await createUserStore(db).signedIn(trx, user, nowMs)
  await tell(trx, byOf(user, from), { ts: nowMs, action: 'session.started', context: { session: id, address, agent } })
  return { user, secret }
}

async function setPassword(
  trx: Kysely<MainTables>,
  { name, passwordHash }: { name: string; passwordHash: string },
  from: From,
  nowMs: number,
): Promise<void> {
  await createUserStore(trx).setPassword(trx, name, passwordHash)
  const ended = await createSessionStore(trx).removeOthers(trx, name, 0)
  await tell(trx, byOf(name, from), { ts: nowMs, action: 'user.password_set', context: { user: name, sessionsEnded: ended } })
}

function byOf(actor: string, { traceId }: From): Who {
  return { actor, traceId }
}
