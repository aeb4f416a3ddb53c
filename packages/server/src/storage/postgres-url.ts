/** Whether a main database is a server: `postgres://user:password@host:port/database`. */
export const isPostgresUrl = (path: string): boolean => /^postgres(ql)?:\/\//.test(path)
