import rateLimit from '@fastify/rate-limit'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { problem } from '@spark/contract/errors'
import { ApiProblem } from './api-problem.ts'
import type { ApiDeps } from './deps.ts'
import { installErrorHandlers, sendProblem } from './errors.ts'
import { installGuard, type GuardOptions } from './guard.ts'
import { installBodyParser, installValidation } from './handle.ts'
import { accountRoutes } from './routes/accounts.ts'
import { aboutRoutes } from './routes/about.ts'
import { alertRoutes } from './routes/alerts.ts'
import { auditRoutes } from './routes/audit.ts'
import { calibrationRoutes } from './routes/calibration.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { installationRoutes } from './routes/installation.ts'
import { mlRoutes } from './routes/ml.ts'
import { modelRoutes } from './routes/models.ts'
import { operationRoutes } from './routes/operation.ts'
import { publicRoutes } from './routes/public.ts'
import { queueRoutes } from './routes/queue.ts'
import { strategyRoutes } from './routes/strategies.ts'
import { toolsRoutes } from './routes/tools.ts'
import { optimizationRoutes } from './routes/optimizations.ts'
import { rehearsalRoutes } from './routes/rehearsals.ts'
import { reportRoutes } from './routes/reports.ts'
import { rolloutRoutes } from './routes/rollout.ts'
import { sessionRoutes } from './routes/session.ts'
import { settingRoutes } from './routes/settings.ts'
import { triageRoutes } from './routes/triage.ts'
import { tradingRoutes } from './routes/trading.ts'
import { securityHeaders } from './security-headers.ts'

/** The HTTP application, not listening. main.ts listens; tests inject. */
export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
  const app = createServer(deps)
  await installProtection(app, deps)
  installBodyParser(app)
  installValidation(app)
  installErrorHandlers(app)
  for (const routes of [
    healthRoutes,
    publicRoutes,
    mlRoutes,
    auditRoutes,
    toolsRoutes,
    strategyRoutes,
    tradingRoutes,
    queueRoutes,
    operationRoutes,
    rehearsalRoutes,
    optimizationRoutes,
    rolloutRoutes,
    settingRoutes,
    alertRoutes,
    calibrationRoutes,
    modelRoutes,
    reportRoutes,
    triageRoutes,
    installationRoutes,
    eventRoutes,
    sessionRoutes,
    accountRoutes,
    aboutRoutes,
  ])
    routes(app, deps)
  await dashboardRoutes(app, deps)
  return app
}

/** Fastify with Spark's limits and the headers of every answer. */
export function createServer(deps: Pick<ApiDeps, 'random' | 'config'> & { log: FastifyBaseLogger }): FastifyInstance {
  const headers = { ...securityHeaders(deps.config.host), 'x-build-sha': deps.config.buildSha }
  const app = Fastify({
    loggerInstance: deps.log,
    // A line a request would be most of the log; failures are logged with their trace id in errors.ts.
    logController: new LogController({ disableRequestLogging: true }),
    // No line of a request needs fields of its own but the trace id, which errors.ts writes; a child logger each took 5 µs.
    childLoggerFactory: (logger) => logger,
    bodyLimit: 16_384,
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 65_000,
    maxRequestsPerSocket: 0,
    // While it stops, what still arrives on an open connection is answered, with Connection: close.
    return503OnClosing: false,
    // A URL that cannot be decoded never reaches the guard; it gets the same headers and a problem.
    frameworkErrors(_error, request, reply) {
      const traceId = deps.random.traceId()
      const detail = `the URL ${request.url.slice(0, 100)} cannot be read`
      return sendProblem(reply.headers(headers).header('x-trace-id', traceId), 'bad_request', traceId, detail)
    },
    clientErrorHandler(error, socket) {
      if (socket.writableEnded || !socket.writable) return
      const code =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? 'header_too_large'
          : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
            ? 'request_timeout'
            : 'bad_request'
      const body = JSON.stringify(problem(code, deps.random.traceId()))
      const { status } = problem(code, '')
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    },
  })
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
  return app
}

/** Guard and rate limit, in this order: who calls decides how much. */
export async function installProtection(
  app: FastifyInstance,
  deps: Omit<GuardOptions, 'host' | 'allowedHosts'> & Pick<ApiDeps, 'config' | 'requests'>,
): Promise<void> {
  const { config, requests } = deps
  installGuard(app, { ...config, ...deps })
  await app.register(rateLimit, {
    store: class {
      incr(key: string, tell: (error: null, result: { current: number; ttl: number }) => void, _windowMs: number, max: number) {
        tell(null, requests.count(key, max))
      }
      /** No route has a limit of its own. */
      child() {
        return this
      }
    },
    max: (request) => (request.principal === 'anonymous' ? config.rateLimitPerMinute : config.tokenRateLimitPerMinute),
    keyGenerator: (request) => `${request.principal} ${request.ip}`,
    errorResponseBuilder: (_request, context) =>
      new ApiProblem('too_many_requests', `at most ${context.max} a minute; wait ${Math.ceil(context.ttl / 1000)} s`),
  })
}
