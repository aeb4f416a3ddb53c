import { DatabaseError } from 'pg'
import { StorageError, type StorageReason } from '../storage-error.ts'

/**
 * An error of the pg driver as StorageError when the storage is at fault; any other one (a constraint, wrong SQL, a value that cannot
 * be held) as it is. `name` is the database without its password.
 */
export function postgresStorageError(error: unknown, name: string): unknown {
  if (isConnectionError(error)) return new StorageError('unavailable', name, connectionText(error), error)
  if (!(error instanceof DatabaseError)) return error
  const reason = reasonOf(error.code ?? '')
  return reason === null ? error : new StorageError(reason, name, `${error.message} (SQLSTATE ${error.code})`, error)
}

/** Of a host with several addresses Node tells the failures inside, and nothing outside. */
function connectionText(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors.map(String).join('; ') : ''
  return error.message || inner || error.name
}

/** Not an answer of the server: there was none, or not in time. */
export function isConnectionError(error: unknown): error is Error {
  const told = [DatabaseError, StorageError, TypeError, RangeError].some((kind) => error instanceof kind)
  return error instanceof Error && !told
}

/** Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REASONS: Record<string, StorageReason> = {
  '25006': 'read_only', // read_only_sql_transaction: a standby, or a write that went around the turn
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '25P04': 'unavailable', // transaction_timeout
  '3D000': 'unavailable', // invalid_catalog_name: no such database
  '40001': 'locked', // serialization_failure
  '40P01': 'locked', // deadlock_detected
  '42501': 'read_only', // insufficient_privilege
  '53100': 'disk_full',
  '55P03': 'locked', // lock_not_available: lock_timeout
  '57014': 'unavailable', // query_canceled: statement_timeout
  '58030': 'io_error',
  '58P01': 'io_error', // undefined_file
}

/** By class: connection, authentication, resources, an administrator's hand, the system, corruption. */
const CLASSES: Record<string, StorageReason> = {
  '08': 'unavailable',
  '28': 'unavailable',
  '53': 'unavailable',
  '57': 'unavailable',
  '58': 'unavailable',
  XX: 'corrupt',
}

/** internal_error, XX000, is a defect of PostgreSQL or of an extension, and says nothing about the data. */
function reasonOf(code: string): StorageReason | null {
  if (code === 'XX000') return 'unavailable'
  return REASONS[code] ?? CLASSES[code.slice(0, 2)] ?? null
}
