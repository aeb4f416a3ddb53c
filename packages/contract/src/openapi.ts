import type { TSchema } from 'typebox'
import { SESSION_COOKIE } from './accounts.ts'
import { ERRORS, Problem } from './errors.ts'
import { LOOPBACK_PERMISSIONS, PERMISSIONS, isPermission, needsStepUp } from './permissions.ts'
import { ROUTE_LIST, errorsOf, type Route } from './routes.ts'

/** The OpenAPI 3.1 document of the whole API, as plain JSON. TypeBox schemas are JSON Schema already. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of ROUTE_LIST) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, route.name) }
  }
  return plain({
    openapi: '3.1.0',
    info: {
      title: 'Spark',
      version,
      description: 'Progressive delivery for trading signals.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: "a person's token, or the operator token of the data directory" },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: 'of a sign-in; writes need x-spark-request: 1',
        },
      },
    },
  })
}

function operation(route: Route, name: string): Record<string, unknown> {
  const content = { [route.produces ?? 'application/json']: { schema: route.answer } }
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    ...accessOf(route),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...parameters(route.headers, 'header'),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: { '200': { description: 'OK', content }, ...errorAnswers(route) },
  }
}

/** On loopback anyone may read and score, so these ask for nothing there. */
function accessOf({ access, others, armedBy }: Route): Record<string, unknown> {
  const named = isPermission(access) ? { 'x-permission': access, 'x-role': PERMISSIONS[access].role } : {}
  const open = access === 'public' || access === 'entrance'
  const anonymous = open || (isPermission(access) && LOOPBACK_PERMISSIONS.has(access))
  const stepUp = isPermission(access) && needsStepUp(access)
  return {
    security: [
      ...(anonymous ? [{}] : []),
      ...(open ? [] : [{ session: [] }]),
      ...(open || access === 'session' ? [] : [{ token: [] }]),
    ],
    ...named,
    ...(stepUp && { 'x-step-up': true }),
    ...(others !== undefined && { 'x-permission-others': others }),
    ...(armedBy !== undefined && { 'x-permission-live': armedBy }),
  }
}

function parameters(schema: TSchema | undefined, place: 'path' | 'query' | 'header'): unknown[] {
  if (schema === undefined) return []
  const { properties, required = [] } = schema as { properties?: Record<string, TSchema>; required?: string[] }
  return Object.entries(properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }))
}

function errorAnswers(route: Route): Record<string, unknown> {
  const byStatus = new Map<number, string[]>()
  for (const code of errorsOf(route)) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code])
  const answers = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ])
  return Object.fromEntries(answers)
}

/** Drops what JSON cannot hold (TypeBox keeps markers under hidden keys). */
function plain(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>
}
