import { hash, verify } from '@node-rs/argon2'
import { PASSWORD_LENGTH_MIN } from '@spark/contract/accounts'
import type { Randomness } from '../random.ts'

/** Argon2id as OWASP's Password Storage Cheat Sheet has it (2024): 19 MiB, 2 passes, 1 thread; about 30 ms here. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** At most so many at once, 19 MiB each, so that sign-ins cannot take the machine away from scores. */
const AT_ONCE_MAX = 2
const WAITING_MAX = 16

export interface Passwords {
  /** Null: too many are being checked. */
  hash(password: string): Promise<string | null>
  /** Takes as long when there is no hash to compare with. Null: too many are being checked. */
  matches(password: string, passwordHash: string | null): Promise<boolean | null>
}

export function createPasswords(random: Pick<Randomness, 'secret'>): Passwords {
  const limited = limit()
  const nobodys = hash(random.secret(32), ARGON2ID)
  return {
    hash: (password) => limited(() => hash(normal(password), ARGON2ID)),
    matches: (password, passwordHash) =>
      limited(async () => (await verify(passwordHash ?? (await nobodys), normal(password))) && passwordHash !== null),
  }
}

/** The same letters, whichever way a keyboard composes them (NIST SP 800-63B). */
function normal(password: string): string {
  return password.normalize('NFKC')
}

function limit(): <Result>(work: () => Promise<Result>) => Promise<Result | null> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= AT_ONCE_MAX) {
      if (waiting.length >= WAITING_MAX) return null
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
}

/** What the long ones among the most used passwords are made of: these, with digits and signs around them. */
const USUAL =
  /^(password|passw|pass|qwerty|qwertyuiop|asdfghjkl|zxcvbnm|azerty|letmein|welcome|admin|administrator|changeme|iloveyou|sifre|parola|spark|trading|bitcoin|abc|abcd|test|user|login|secret|master|root)+$/
const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890123456789', '98765432109876543210', 'qwertyuiopasdfghjklzxcvbnm']
const DISTINCT_MIN = 5

/** Why a password is too easy to guess, or null. Never repeats it. */
export function passwordProblem(password: string, name: string): string | null {
  const text = normal(password).toLowerCase()
  if (Array.from(text).length < PASSWORD_LENGTH_MIN) return `it needs at least ${PASSWORD_LENGTH_MIN} characters`
  if (new Set(text).size < DISTINCT_MIN) return `it needs at least ${DISTINCT_MIN} different characters`
  if (text.includes(name)) return 'it contains the name of the account'
  if (/^(.{1,6}?)\1+.{0,5}$/su.test(text)) return 'it repeats a short text'
  const word = text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const letters = word
    .replaceAll('@', 'a')
    .replaceAll('0', 'o')
    .replaceAll('$', 's')
    .replaceAll(/[^\p{L}]/gu, '')
  if (USUAL.test(letters)) return 'it is one of the words that everybody uses, with signs around it'
  if (ROWS.some((row) => row.includes(text) || (letters.length >= DISTINCT_MIN && row.includes(letters))))
    return 'it is a row of keys, letters or digits'
  return null
}
