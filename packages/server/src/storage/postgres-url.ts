import { existsSync } from 'node:fs'

/** Whether a main database is a server: `postgres://user:password@host:port/database`. */
export const isPostgresUrl = (path: string): boolean => /^postgres(ql)?:\/\//.test(path)

/** A main database as it may be shown: of an address host and name alone. */
export function databaseName(path: string): string {
  if (!isPostgresUrl(path)) return path
  const url = URL.parse(path)
  return `postgres://${url?.host ?? ''}${url?.pathname ?? ''}`
}

/** False: nothing was ever stored there. Of a server that is known when it is asked. */
export const databaseIsThere = (path: string): boolean => isPostgresUrl(path) || existsSync(path)
