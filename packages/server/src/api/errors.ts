import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problem, type ErrorCode } from '@spark/contract/errors'
import { ROUTE_LIST } from '@spark/contract/routes'
import { StorageError } from '../storage/storage-error.ts'
import { ApiProblem } from './api-problem.ts'

/** Fastify's own errors, in the words of the catalogue. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'bad_json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_VALIDATION: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'bad_request',
}

export function sendProblem(reply: FastifyReply, code: ErrorCode, traceId: string, detail?: string): FastifyReply {
  const body = problem(code, traceId, detail)
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
}

/** Errors become RFC 9457 problems. What Spark did not expect is logged with its cause and answered without it. */
export function installErrorHandlers(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ApiProblem | StorageError, request, reply) => {
    const { code, detail } = classify(error, request)
    if (error instanceof ApiProblem) for (const [name, value] of Object.entries(error.headers)) reply.header(name, value)
    if (code === 'internal_error') request.log.error({ err: error, traceId: request.traceId }, 'request failed')
    if (code === 'storage_unavailable') reply.header('retry-after', '1')
    return sendProblem(reply, code, request.traceId, detail)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]
    const allowed = ROUTE_LIST.filter((route) => matches(route.path, path ?? '')).map((route) => route.method)
    if (allowed.length === 0) return sendProblem(reply, 'not_found', request.traceId)
    return sendProblem(reply.header('allow', allowed.join(', ')), 'method_not_allowed', request.traceId)
  })
}

function matches(pattern: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  return wanted.length === parts.length && wanted.every((part, at) => part.startsWith(':') || part === parts[at])
}

function classify(
  error: FastifyError | ApiProblem | StorageError,
  request: FastifyRequest,
): { code: ErrorCode; detail?: string } {
  if (error instanceof ApiProblem)
    return error.message === '' ? { code: error.code } : { code: error.code, detail: error.message }
  if (error instanceof StorageError) return { code: 'storage_unavailable', detail: error.message }
  const code = FASTIFY_CODES[error.code] ?? (error.statusCode === 413 ? 'body_too_large' : undefined)
  if (code === 'body_too_large') return { code, detail: `at most ${request.routeOptions.bodyLimit} bytes` }
  if (code !== undefined) return { code, detail: error.message }
  return { code: 'internal_error' }
}
