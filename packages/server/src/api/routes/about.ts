import type { FastifyInstance } from 'fastify'
import { openApiDocument } from '@spark/contract/openapi'
import type { ApiDeps } from '../deps.ts'
import { docsPage, DOCS_STYLE } from '../docs-page.ts'
import { handle } from '../handle.ts'

export function aboutRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const document = openApiDocument(deps.config.version)
  handle(app, 'openapi', () => document)
  handle(app, 'docs', () => docsPage(deps.config.version))
  handle(app, 'metrics', () => deps.meters.text())
  // The page's style is a file of its own: the content security policy allows nothing inline.
  app.get('/api/docs.css', { config: { access: 'canRead' } }, (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(DOCS_STYLE),
  )
}
