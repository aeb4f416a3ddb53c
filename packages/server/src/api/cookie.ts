import { SESSION_COOKIE } from '@spark/contract/accounts'

/** Over TLS the browser then takes it only from this very host, for all of it, and sends it over TLS only. */
const TLS_COOKIE = `__Host-${SESSION_COOKIE}`

/** The session in a Cookie header. The one that only TLS can have set comes first. */
export function sessionCookieOf(header: string | undefined): string | null {
  if (header === undefined) return null
  const pairs = header.split(';').map((pair) => pair.trim())
  for (const name of [TLS_COOKIE, SESSION_COOKIE]) {
    const found = pairs.find((pair) => pair.startsWith(`${name}=`))
    if (found !== undefined) return found.slice(name.length + 1)
  }
  return null
}

/**
 * Set-Cookie for a session. Spark itself speaks no TLS: whether the browser does, with what stands in front, its Origin says.
 * Whoever lies about that weakens their own cookie alone.
 */
export function sessionCookie(secret: string, { origin, maxAgeS }: { origin: string | undefined; maxAgeS: number }): string {
  const tls = origin?.startsWith('https:') === true
  return `${tls ? TLS_COOKIE : SESSION_COOKIE}=${secret}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${tls ? '; Secure' : ''}`
}

/** Set-Cookie that removes it, whichever it is. */
export const NO_SESSION_COOKIES = [
  `${TLS_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure`,
  `${SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`,
]
