import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { PAGE_PATHS } from '@spark/contract/pages'
import { ROOT_DIR } from '../../config.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'

/** The page holds no data of the installation: who may see what is decided by the routes it asks. */
const OPEN = { config: { access: 'public', rateLimit: false } } as const

/** Vite puts the hash of the content into the name. */
const HASHED = /^[\w.-]{1,80}-[\w-]{8}\.(js|css|svg)$/

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>Spark</title>
<p>The dashboard is being built, which takes some seconds after a first start. This page looks again by itself.</p>
<p lang="tr">Pano hazırlanıyor; ilk açılışta birkaç saniye sürer. Bu sayfa kendiliğinden yeniden bakar.</p>
<p>If it stays away, <code>spark doctor</code> and the output of <code>spark up</code> say why. <a href="/api/docs">The API works without it.</a></p>
</html>
`

/** The dashboard: one page for each of its paths, and the files it is made of. */
export async function dashboardRoutes(app: FastifyInstance, { dashboard }: Pick<ApiDeps, 'dashboard'>): Promise<void> {
  await app.register(fastifyStatic, { root: ROOT_DIR, serve: false, preCompressed: true, cacheControl: false })
  for (const path of PAGE_PATHS)
    app.get(path, OPEN, (_request, reply) => {
      const folder = dashboard.page()
      reply.header('cache-control', 'no-cache')
      if (folder !== null) return reply.sendFile('index.html', folder)
      return reply.code(503).header('retry-after', '2').type('text/html; charset=utf-8').send(NOT_BUILT)
    })
  app.get<{ Params: { name: string } }>('/assets/:name', OPEN, ({ params: { name } }, reply) => {
    const folder = HASHED.test(name) ? dashboard.folderOf(name) : null
    if (folder === null) throw new ApiProblem('not_found')
    return reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(`assets/${name}`, folder)
  })
}
