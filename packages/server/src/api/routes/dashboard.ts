import type { Language } from '@spark/contract/speech/figures'
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

const notBuilt = (language: Language, text: string) => `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="2">
<title>Spark</title>
${text}
</html>
`

/** Until Vite has built the page, by the language of the browser. */
const NOT_BUILT = {
  en: notBuilt(
    'en',
    `<p>The dashboard is being built, which takes some seconds after a first start. This page looks again by itself.</p>
<p>If it stays away, <code>spark doctor</code> and the output of <code>spark up</code> say why. <a href="/api/docs">The API works without it.</a></p>`,
  ),
  tr: notBuilt(
    'tr',
    `<p>Pano hazırlanıyor; ilk başlatmada birkaç saniye sürer. Bu sayfa kendiliğinden yeniden bakar.</p>
<p>Gelmezse nedenini <code>spark doctor</code> ve <code>spark up</code> çıktısı söyler. <a href="/api/docs">API onsuz da çalışır.</a></p>`,
  ),
}

/** The first of the browser's languages decides, as on the page itself. */
function languageOf(acceptLanguage: string | undefined): Language {
  const first = /\b(tr|en)\b/i.exec(acceptLanguage ?? '')?.[1]
  return first?.toLowerCase() === 'tr' ? 'tr' : 'en'
}

/** The dashboard: one page for each of its paths, and the files it is made of. */
export async function dashboardRoutes(app: FastifyInstance, { dashboard }: Pick<ApiDeps, 'dashboard'>): Promise<void> {
  await app.register(fastifyStatic, { root: ROOT_DIR, serve: false, preCompressed: true, cacheControl: false })
  for (const path of PAGE_PATHS)
    app.get(path, OPEN, (request, reply) => {
      const folder = dashboard.page()
      reply.header('cache-control', 'no-cache')
      if (folder !== null) return reply.sendFile('index.html', folder)
      const language = languageOf(request.headers['accept-language'])
      reply.code(503).header('retry-after', '2').header('vary', 'accept-language').type('text/html; charset=utf-8')
      return reply.send(NOT_BUILT[language])
    })
  app.get<{ Params: { name: string } }>('/assets/:name', OPEN, ({ params: { name } }, reply) => {
    const folder = HASHED.test(name) ? dashboard.folderOf(name) : null
    if (folder === null) throw new ApiProblem('not_found')
    return reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(`assets/${name}`, folder)
  })
}
