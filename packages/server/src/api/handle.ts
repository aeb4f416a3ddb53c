import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import {
  ROUTES,
  type AnswerOf,
  type BodyOf,
  type ParamsOf,
  type QueryOf,
  type Route,
  type RouteName,
} from '@spark/contract/routes'
import { ApiProblem } from './api-problem.ts'

export interface Call<Name extends RouteName> {
  body: BodyOf<Name>
  query: QueryOf<Name>
  params: ParamsOf<Name>
  request: FastifyRequest
  reply: FastifyReply
}

type Handler<Name extends RouteName> = (
  call: Call<Name>,
) => Promise<AnswerOf<Name> | FastifyReply> | AnswerOf<Name> | FastifyReply

/** Serves a route of the contract: its path, its schemas, its limits. A handler that has answered by itself returns the reply. */
export function handle<Name extends RouteName>(app: FastifyInstance, name: Name, handler: Handler<Name>): void {
  const route: Route = ROUTES[name]
  app.route({
    method: route.method,
    url: route.path,
    bodyLimit: route.bodyLimitBytes ?? 16_384,
    schema: {
      ...(route.body === undefined ? {} : { body: route.body }),
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
    },
    config: {
      access: route.access,
      ...(route.others !== undefined && { others: route.others }),
      anyContentType: route.anyContentType ?? false,
      // Health and public/* always answer: a flood of other calls must not look like a dead process.
      ...(route.access === 'public' ? { rateLimit: false } : {}),
    },
    handler: (request, reply) => {
      if (route.produces !== undefined) reply.type(route.produces)
      if (route.armedBy !== undefined && arms(request.body)) request.demand(route.armedBy)
      return handler({
        body: request.body as BodyOf<Name>,
        query: request.query as QueryOf<Name>,
        params: request.params as ParamsOf<Name>,
        request,
        reply,
      })
    },
  })
}

function arms(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'mode' in body && body.mode === 'live'
}

/** TypeBox checks and converts nothing: a number in a body is a number, a query is text. */
export function installValidation(app: FastifyInstance): void {
  app.setValidatorCompiler<TSchema>(({ schema }) => {
    const check = Compile(schema)
    return (value: unknown) => {
      if (check.Check(value)) return { value }
      const first = check.Errors(value)[0]
      const place =
        first === undefined || first.instancePath === '' ? 'the request' : first.instancePath.slice(1).replaceAll('/', '.')
      return { error: new ApiProblem('bad_request', `${place} ${first?.message ?? 'is not as documented'}`) }
    }
  })
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}

const NUL_DETAIL = 'a text holds U+0000, which PostgreSQL cannot store'

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0')
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, one]) => key.includes('\0') || holdsNul(one))
}

/** Bodies are JSON: by their content type, or on the routes that take `curl -d` whatever it says. */
export function installBodyParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    if (type !== 'application/json' && request.routeOptions.config.anyContentType !== true)
      return done(new ApiProblem('unsupported_media_type'))
    try {
      // Plain JSON.parse makes `__proto__` an own key; nothing here copies keys it does not know.
      const text = String(body)
      const value: unknown = JSON.parse(text)
      if (text.includes('\\u0000') && holdsNul(value)) return done(new ApiProblem('bad_request', NUL_DETAIL))
      done(null, value)
    } catch (error) {
      done(new ApiProblem('bad_json', (error as Error).message.slice(0, 200)))
    }
  })
}
