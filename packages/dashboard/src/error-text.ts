import { ApiError, UnreachableError } from '@spark/contract/client'

/** In the words of the error catalogue. `offline` is what to say when no answer came. */
export function errorText(error: unknown, offline: string): string {
  if (error instanceof ApiError) return error.problem === null ? error.message : (error.problem.detail ?? error.problem.title)
  if (error instanceof UnreachableError) return offline
  return error instanceof Error ? error.message : String(error)
}
