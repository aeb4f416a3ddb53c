import { STEP_UP_MS } from '@spark/contract/permissions'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { sha256 } from '../sha256.ts'
import { createApiTokenStore } from '../storage/api-token-store.ts'
import { createSessionStore, type Holding } from '../storage/session-store.ts'
import type { MainTables } from '../storage/tables.ts'
import { callerOfSession, callerOfToken, type Caller } from './caller.ts'

/** A session ends when it asks for nothing for so long, and at the latest after SESSION_MS. Why so long: docs/decisions/0011. */
export const IDLE_MS = 12 * 3_600_000
export const SESSION_MS = 7 * 24 * 3_600_000
/** Requests that were on their way when the cookie was renewed still count for so long. */
const RENEWAL_GRACE_MS = 10_000
/** How exactly it is known when a session or token was last used. */
const SEEN_STEP_MS = 60_000

/** Personal tokens begin with it: any other text is refused without a look at the database. */
export const TOKEN_PREFIX = 'spark_token_'
const SECRET = /^[A-Za-z0-9_-]{43}$/

/** Finds who calls by what only they have. Looked up at each request: what was revoked is refused at the next one. */
export interface Callers {
  /** Null: no such session, or it is over. Rejects with StorageError. */
  ofSession(cookie: string): Promise<Caller | null>
  ofToken(token: string): Promise<Caller | null>
  /** Which of these sessions and tokens still hold. */
  stillHolding(callers: readonly Caller[]): Promise<ReadonlySet<string>>
}

/** Limits of sessions are of the world's time, also when the clock runs faster. */
export function holdingNow(clock: Pick<Clock, 'nowMs' | 'speed'>): Holding {
  const nowMs = clock.nowMs()
  return { nowMs, seenAfterMs: nowMs - IDLE_MS * clock.speed }
}

export function createCallers({ db, clock, log }: { db: Kysely<MainTables>; clock: Clock; log: Log }): Callers {
  const sessions = createSessionStore(db)
  const tokens = createApiTokenStore(db)
  /** That it cannot be noted holds nobody up: it may be a brake that is pulled while the disk is full. */
  async function note(lastMs: number | null, write: (nowMs: number) => Promise<void>): Promise<void> {
    const nowMs = clock.nowMs()
    if (lastMs !== null && nowMs - lastMs < SEEN_STEP_MS * clock.speed) return
    await write(nowMs).catch((error: unknown) => log.warn({ err: error }, 'when a session was last used could not be noted'))
  }
  return {
    async ofSession(cookie) {
      if (!SECRET.test(cookie)) return null
      const renewedAfterMs = clock.nowMs() - RENEWAL_GRACE_MS * clock.speed
      const session = await sessions.find(sha256(cookie), { ...holdingNow(clock), renewedAfterMs })
      if (session === null) return null
      await note(session.seenAt, (nowMs) => sessions.seen(session.id, nowMs))
      return callerOfSession(session, STEP_UP_MS * clock.speed)
    },
    async ofToken(text) {
      if (!text.startsWith(TOKEN_PREFIX) || !SECRET.test(text.slice(TOKEN_PREFIX.length))) return null
      const token = await tokens.find(sha256(text), clock.nowMs())
      if (token === null) return null
      await note(token.usedAt, (nowMs) => tokens.used(token.id, nowMs))
      return callerOfToken(token)
    },
    async stillHolding(callers) {
      const idsOf = (kind: Caller['kind']) => [
        ...new Set(callers.flatMap((one) => (one.kind === kind && one.id !== null ? [one.id] : []))),
      ]
      const [held, valid] = await Promise.all([
        sessions.holding(idsOf('session'), holdingNow(clock)),
        tokens.holding(idsOf('token'), clock.nowMs()),
      ])
      return new Set([...held, ...valid])
    },
  }
}
