import { ConfigError } from './config.ts'
import { openSecretBox } from './secret-box.ts'
import type { ExchangeKeyStore } from './storage/exchange-key-store.ts'

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

/** What is stored of keys: encrypted, and a hint by which a person recognises them. */
export async function sealExchangeKeys(
  keys: ExchangeKeys,
  { keyFile, venue }: { keyFile: string; venue: string },
): Promise<{ sealed: string; hint: string }> {
  const box = await openSecretBox(keyFile)
  const { apiKey, secret } = keys
  return { sealed: box.seal(JSON.stringify({ apiKey, secret }), venue), hint: apiKey.slice(-HINT_CHARACTERS) }
}
