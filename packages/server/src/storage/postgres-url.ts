import { existsSync } from 'node:fs'

/** Whether a main database is a server: `postgres://user:password@host:port/database`. */
export const isPostgresUrl = (path: string): boolean => /^postgres(ql)?:\/\//.test(path)

/** A main database as it may be shown: a file whole, of an address host and name alone, and nothing of what may be one. */
export function databaseName(path: string): string {
  if (!/^(?!file:)[\w+.-]+:/i.test(path)) return path
  const { protocol, host, pathname } = URL.parse(path) ?? { protocol: '', host: '', pathname: '' }
  return host === '' && !isPostgresUrl(path) ? '(not shown)' : `${protocol.replace('postgresql', 'postgres')}//${host}${pathname}`
}

/** False: nothing was ever stored there. Of a server that is known when it is asked. */
export const databaseIsThere = (path: string): boolean => isPostgresUrl(path) || existsSync(path)
