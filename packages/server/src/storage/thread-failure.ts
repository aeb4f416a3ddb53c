import { sqliteErrorCode, StorageError, type StorageReason } from './storage-error.ts'

/** An error on its way from a worker thread: a structured clone would lose its class, its code and its reason. */
export interface ThreadFailure {
  message: string
  stack: string | null
  errcode: number | null
  storage: { reason: StorageReason; path: string; detail: string } | null
  cause: ThreadFailure | null
}

export function toThreadFailure(error: unknown): ThreadFailure {
  if (!(error instanceof Error)) {
    return { message: String(error), stack: null, errcode: null, storage: null, cause: null }
  }
  const { message, stack, cause } = error
  return {
    message,
    stack: stack ?? null,
    errcode: sqliteErrorCode(error),
    storage: error instanceof StorageError ? { reason: error.reason, path: error.path, detail: error.detail } : null,
    cause: cause instanceof Error ? toThreadFailure(cause) : null,
  }
}

export function fromThreadFailure(failure: ThreadFailure): Error {
  const { message, stack, errcode, storage } = failure
  const cause = failure.cause === null ? undefined : fromThreadFailure(failure.cause)
  const error =
    storage === null ? new Error(message, { cause }) : new StorageError(storage.reason, storage.path, storage.detail, cause)
  if (stack !== null) error.stack = stack
  return errcode === null ? error : Object.assign(error, { errcode })
}
