import { existsSync } from 'node:fs'

export type StorageReason = 'disk_full' | 'locked' | 'read_only' | 'io_error' | 'corrupt' | 'missing_file' | 'unavailable'

/** Storage could not do its work. `reason` is stable; the message says what to do next; the cause is kept. */
export class StorageError extends Error {
  readonly code = 'storage_unavailable'
  readonly reason: StorageReason
  readonly path: string
  readonly detail: string
  constructor(reason: StorageReason, path: string, detail: string, cause?: unknown) {
    super(`${path}: ${detail}. ${(path.startsWith('postgres://') ? SERVER_NEXT_STEP : NEXT_STEP)[reason]}`, { cause })
    this.name = 'StorageError'
    this.reason = reason
    this.path = path
    this.detail = detail
  }
}

const NEXT_STEP: Record<StorageReason, string> = {
  disk_full: 'Free space on that disk or raise its limit; writing goes on by itself afterwards',
  locked: 'Another process holds the database; end it, or wait until it commits',
  read_only: 'Give the user that runs Spark the right to write to the file and its folder',
  io_error: 'Look at the disk (dmesg, limits, quota); writing goes on by itself when the cause is gone',
  corrupt: 'Stop Spark, keep a copy of the file, and restore the last backup',
  missing_file: 'Put the file back and restart Spark; do not let it go on with an empty one',
  unavailable: 'Look at the log of the process for the first error',
}

const SERVER_NEXT_STEP: Record<StorageReason, string> = {
  ...NEXT_STEP,
  disk_full: 'Free space on the disk of the database server; writing goes on by itself afterwards',
  read_only: 'Connect to the primary server, as a user who may write to the tables',
  io_error: 'Look at the log of the database server and at its disk; writing goes on by itself when the cause is gone',
  corrupt: 'Stop Spark, and restore the last backup of the database server',
  unavailable: 'Look whether the database server runs, can be reached, and what its log says',
}

/** The `errcode` of a node:sqlite error, or null for any other error. */
export function sqliteErrorCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}

/** SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE or PostgreSQL's unique_violation: the row is there already. */
export function isUniqueViolation(error: unknown): boolean {
  const code = sqliteErrorCode(error)
  if (code !== null) return code === 1555 || code === 2067
  return error instanceof Error && 'code' in error && error.code === '23505'
}

/**
 * A node:sqlite error as StorageError when the storage is at fault; any other error (a constraint, wrong SQL) as it is.
 * Numbers: https://sqlite.org/rescode.html, the low byte is the primary code.
 */
export function storageErrorFrom(error: unknown, path: string): unknown {
  const code = sqliteErrorCode(error)
  if (code === null || !(error instanceof Error)) return error
  const reason = reasonOf(code, path)
  return reason === null ? error : new StorageError(reason, path, `${error.message} (SQLite error ${code})`, error)
}

const READONLY_DBMOVED = 1032

function reasonOf(code: number, path: string): StorageReason | null {
  if (code === READONLY_DBMOVED) return 'missing_file'
  switch (code & 0xff) {
    case 5: // BUSY
    case 6: // LOCKED
      return 'locked'
    case 8: // READONLY
      return 'read_only'
    case 10: // IOERR
      return 'io_error'
    case 11: // CORRUPT
    case 26: // NOTADB
      return 'corrupt'
    case 13: // FULL
      return 'disk_full'
    case 14: // CANTOPEN
      return existsSync(path) ? 'unavailable' : 'missing_file'
    default:
      return null
  }
}
