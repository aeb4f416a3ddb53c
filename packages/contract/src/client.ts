import { CSRF_HEADER } from './accounts.ts'
import { isErrorCode, type ErrorCode, type Problem } from './errors.ts'
import { ROUTES, type AnswerOf, type BodyOf, type ParamsOf, type QueryOf, type Route, type RouteName } from './routes.ts'

export interface ClientOptions {
  /** Like http://127.0.0.1:3003, without a slash at its end. */
  baseUrl: string
  token?: string
  /** One call's limit, ms. Default 5,000. */
  timeoutMs?: number
  fetch?: typeof globalThis.fetch
}

export interface CallOptions<Name extends RouteName> {
  params?: ParamsOf<Name>
  body?: BodyOf<Name>
  query?: QueryOf<Name>
  headers?: Record<string, string>
  /** For the whole answer; `signal` in its place ends it when somebody wants that. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** The API answered with a problem. `status` is its HTTP status, `code` from the catalogue (null when the answer was not Spark's). */
export class ApiError extends Error {
  readonly status: number
  readonly code: ErrorCode | null
  readonly problem: Problem | null
  constructor(status: number, problem: Problem | null) {
    super(problem === null ? `HTTP ${status}` : `${problem.code}: ${problem.detail ?? problem.title} ${problem.next}`)
    this.name = 'ApiError'
    this.status = status
    this.problem = problem
    this.code = problem !== null && isErrorCode(problem.code) ? problem.code : null
  }
}

/** No answer came: refused, reset or timed out. */
export class UnreachableError extends Error {
  readonly timedOut: boolean
  constructor(url: string, cause: unknown) {
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError'
    super(timedOut ? `no answer from ${url} in time` : `cannot reach ${url}`, { cause })
    this.name = 'UnreachableError'
    this.timedOut = timedOut
  }
}

export interface Client {
  /** Calls a route. Rejects with ApiError or UnreachableError. Text routes resolve to their text. */
  call<Name extends RouteName>(name: Name, options?: CallOptions<Name>): Promise<AnswerOf<Name>>
  /** The raw answer, for streams. Same errors. */
  open<Name extends RouteName>(name: Name, options?: CallOptions<Name>): Promise<Response>
}

export function createClient({ baseUrl, token, timeoutMs = 5000, fetch = globalThis.fetch }: ClientOptions): Client {
  async function open<Name extends RouteName>(name: Name, options: CallOptions<Name> = {}): Promise<Response> {
    const route: Route = ROUTES[name]
    const url = `${baseUrl}${pathOf(route.path, options.params)}${queryText(options.query)}`
    const headers: Record<string, string> = { ...options.headers }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    if (route.method !== 'GET') headers[CSRF_HEADER] = '1'
    let response: Response
    try {
      response = await fetch(url, {
        method: route.method,
        headers,
        body: options.body === undefined ? null : JSON.stringify(options.body),
        signal: options.signal ?? AbortSignal.timeout(options.timeoutMs ?? timeoutMs),
        redirect: 'error',
      })
    } catch (error) {
      throw new UnreachableError(url, error)
    }
    // A health answer with ok:false is an answer, not a problem document.
    if (!response.ok && !(name === 'healthz' && response.status === 503))
      throw new ApiError(response.status, await problemOf(response))
    return response
  }
  return {
    open,
    async call<Name extends RouteName>(name: Name, options?: CallOptions<Name>) {
      const response = await open(name, options)
      const route: Route = ROUTES[name]
      try {
        return (await (route.produces === undefined ? response.json() : response.text())) as AnswerOf<Name>
      } catch (error) {
        throw new UnreachableError(`${baseUrl}${route.path}`, error)
      }
    },
  }
}

function pathOf(path: string, params: unknown): string {
  return path.replaceAll(/:(\w+)/g, (_match, name: string) =>
    encodeURIComponent(String((params as Record<string, unknown>)[name])),
  )
}

function queryText(query: unknown): string {
  const pairs = Object.entries((query ?? {}) as Record<string, unknown>).filter(([, value]) => value !== undefined)
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`
}

async function problemOf(response: Response): Promise<Problem | null> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && 'code' in body && 'title' in body ? (body as Problem) : null
  } catch {
    return null
  }
}
