import type { ErrorCode } from '@spark/contract/errors'

/** A refusal with a code of the catalogue; the error handler turns it into problem details. */
export class ApiProblem extends Error {
  readonly code: ErrorCode
  readonly headers: Record<string, string>
  constructor(code: ErrorCode, detail?: string, options: { cause?: unknown; headers?: Record<string, string> } = {}) {
    super(detail ?? '', { cause: options.cause })
    this.name = 'ApiProblem'
    this.code = code
    this.headers = options.headers ?? {}
  }
}
