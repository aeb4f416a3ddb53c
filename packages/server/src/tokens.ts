import { createHash, timingSafeEqual } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Randomness } from './random.ts'

/** Who calls: the executor's polls are told apart from everyone else's, so that no outsider can move a gate. */
export type Principal = 'operator' | 'executor' | 'anonymous'

export interface Tokens {
  operator: string
  executor: string
}

/** The tokens of this data folder, made at the first start (0600). Safe when two processes start at once: the first link wins. */
export function loadTokens(dataDir: string, random: Randomness): Tokens {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return { operator: loadToken(dataDir, 'operator', random), executor: loadToken(dataDir, 'executor', random) }
}

function loadToken(dataDir: string, name: string, random: Randomness): string {
  const path = join(dataDir, `${name}.token`)
  const existing = readToken(path)
  if (existing !== null) return existing
  const temporary = `${path}.${random.traceId()}`
  writeFileSync(temporary, `spark_${name}_${random.secret(32)}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(temporary)
  }
  const token = readToken(path)
  if (token === null) throw new Error(`the token file ${path} is empty; delete it and start again`)
  return token
}

/** The token, or null when the file is missing or empty. A file that others may read is closed to them. */
function readToken(path: string): string | null {
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    return readFileSync(path, 'utf8').trim() || null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Tells a caller by its Authorization header, in constant time. `wrong`: a token was sent, but not one of ours. */
export function createAuthenticator(tokens: Tokens): (authorization: string | undefined) => Principal | 'wrong' {
  const known = (['operator', 'executor'] as const).map((principal) => ({ principal, digest: digest(tokens[principal]) }))
  return (authorization) => {
    if (authorization === undefined) return 'anonymous'
    const sent = digest(authorization.startsWith('Bearer ') ? authorization.slice(7) : '')
    return known.find((one) => timingSafeEqual(one.digest, sent))?.principal ?? 'wrong'
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
