import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { SessionAnswer } from '@spark/contract/accounts'
import { queries } from './queries.ts'

export type Permissions = SessionAnswer['permissions']

/** Before the answer is there nothing is permitted but a brake: the server judges it. */
const BEFORE = new Proxy({} as Permissions, { get: (_, name) => name === 'canBrake' })

/**
 * What the reader may do, as the server's table says; it judges each call again. A brake can always be pressed by who has not
 * signed in yet: it asks for the sign-in and then does it.
 */
export function usePermissions(): Permissions {
  const session = useQuery(queries.session).data
  // The same object until the session is another one: rows of long lists are drawn anew when it changes.
  return useMemo(() => {
    if (session === undefined) return BEFORE
    return session.kind === 'anonymous' ? { ...session.permissions, canBrake: true } : session.permissions
  }, [session])
}
