import type { Permission } from '@spark/contract/permissions'
import { sha256 } from '../sha256.ts'
import type { Who } from '../command-event.ts'
import { createApiTokenStore, type StoredToken } from '../storage/api-token-store.ts'
import { TOKEN_PREFIX } from './callers.ts'
import { tell, type AccountParts } from './users.ts'

const TOKENS_MAX = 20
const DAY_MS = 86_400_000

/** A token of a person, with its text, which is kept nowhere. */
export async function makeToken(
  { db, clock, random }: AccountParts,
  { user, name, permissions, days }: { user: string; name: string; permissions: readonly Permission[]; days: number },
  by: Who,
): Promise<{ token: StoredToken; secret: string } | { problem: 'id_taken' | 'too_many_things' }> {
  const tokens = createApiTokenStore(db)
  const nowMs = clock.nowMs()
  const secret = `${TOKEN_PREFIX}${random.secret(32)}`
  const expiresAt = nowMs + days * DAY_MS * clock.speed
  const token = { id: random.traceId(), user, name, permissions, createdAt: nowMs, expiresAt }
  return db.transaction().execute(async (trx) => {
    await tokens.prune(trx, nowMs)
    if ((await tokens.count(trx, user)) >= TOKENS_MAX) return { problem: 'too_many_things' }
    if (!(await tokens.add(trx, { ...token, hash: sha256(secret) }))) return { problem: 'id_taken' }
    await tell(trx, by, { ts: nowMs, action: 'token.created', context: { token: token.id, user, name, permissions, expiresAt } })
    return { token: { ...token, usedAt: null }, secret }
  })
}

/** False: there is none of this id, or of this person when `owner` is said. */
export async function revokeToken(
  { db, clock }: Pick<AccountParts, 'db' | 'clock'>,
  { id, owner }: { id: string; owner: string | null },
  by: Who,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const removed = await createApiTokenStore(db).remove(trx, id, owner)
    if (removed !== null) await tell(trx, by, { ts: clock.nowMs(), action: 'token.revoked', context: { token: id, ...removed } })
    return removed !== null
  })
}
