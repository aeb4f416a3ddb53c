import type { Kysely } from 'kysely'
import type { Clock } from './clock.ts'
import { commandEvent, type Who } from './command-event.ts'
import { ConfigError } from './config.ts'
import { openSecretBox } from './secret-box.ts'
import { createAuditOutbox } from './storage/audit-outbox.ts'
import { createExchangeKeyStore, type ExchangeKeyStore } from './storage/exchange-key-store.ts'
import type { MainTables } from './storage/tables.ts'

export interface ExchangeKeys {
  apiKey: string
  secret: string
}

const HINT_CHARACTERS = 4

/** The keys of a venue, decrypted. Throws ConfigError when there are none, or when the master key is another. */
export async function exchangeKeysOf({
  store,
  keyFile,
  venue,
}: {
  store: Pick<ExchangeKeyStore, 'sealed'>
  keyFile: string
  venue: string
}): Promise<ExchangeKeys> {
  const sealed = await store.sealed(venue)
  if (sealed === null) throw new ConfigError([`no exchange keys are stored for "${venue}"`])
  const box = await openSecretBox(keyFile)
  try {
    return JSON.parse(box.open(sealed, venue)) as ExchangeKeys
  } catch {
    // What failed could repeat the text; the reason is always the same.
    throw new ConfigError([
      `the keys of "${venue}" cannot be decrypted with ${keyFile}; put the right key back or add them again`,
    ])
  }
}

/** Printable, no blank: what was pasted with a line end or a word too many is no key. */
const KEY_PATTERN = /^[\x21-\x7e]{16,512}$/

/** What is wrong with keys that a person gave, or null. Never repeats them. */
export function exchangeKeysProblem({ apiKey, secret }: ExchangeKeys): string | null {
  if (!KEY_PATTERN.test(apiKey)) return 'the API key must be 16 to 512 printable characters without blanks'
  if (!KEY_PATTERN.test(secret)) return 'the secret must be 16 to 512 printable characters without blanks'
  return apiKey === secret ? 'API key and secret are the same' : null
}

export interface KeyChange extends Who {
  /** As venueName gives it. */
  venue: string
  reason: string
}

interface KeyParts {
  db: Kysely<MainTables>
  clock: Pick<Clock, 'nowMs'>
}

/**
 * Stores the keys of a venue, encrypted, with its audit event in one transaction; resolves with the hint by which a person recognises
 * them. Null, and nothing changed, when there are keys already and `replace` is false.
 */
export async function addExchangeKeys(
  { db, clock, keyFile }: KeyParts & { keyFile: string },
  { apiKey, secret }: ExchangeKeys,
  { venue, replace, ...change }: KeyChange & { replace: boolean },
): Promise<string | null> {
  const box = await openSecretBox(keyFile)
  const sealed = box.seal(JSON.stringify({ apiKey, secret }), venue)
  const hint = apiKey.slice(-HINT_CHARACTERS)
  const store = createExchangeKeyStore(db)
  return db.transaction().execute(async (trx) => {
    const there = (await store.sealed(venue, trx)) !== null
    if (there && !replace) return null
    const createdAt = clock.nowMs()
    await store.put(trx, { venue, hint, sealed, createdAt })
    await audited(trx, there ? 'keys.replaced' : 'keys.added', createdAt, { venue, ...change }, { hint })
    return hint
  })
}

/** False when there were none. */
export async function removeExchangeKeys({ db, clock }: KeyParts, change: KeyChange): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const removed = await createExchangeKeyStore(db).remove(trx, change.venue)
    if (removed) await audited(trx, 'keys.removed', clock.nowMs(), change, {})
    return removed
  })
}

function audited(
  trx: Kysely<MainTables>,
  action: string,
  ts: number,
  { venue, reason, ...giver }: KeyChange,
  told: Record<string, unknown>,
): Promise<void> {
  return createAuditOutbox(trx).add(trx, [commandEvent(giver, { ts, action, context: { venue, reason, ...told } })])
}
