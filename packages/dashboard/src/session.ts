import { useQuery } from '@tanstack/react-query'
import type { SessionAnswer } from '@spark/contract/accounts'
import { queries } from './queries.ts'

export type Permissions = SessionAnswer['permissions']

/** Before the answer is there nothing is permitted. */
const NOTHING = new Proxy({} as Permissions, { get: () => false })

/** What the reader may do, as the server's table says. The server judges each call again. */
export function usePermissions(): Permissions {
  return useQuery(queries.session).data?.permissions ?? NOTHING
}
