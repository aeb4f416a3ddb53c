import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { PAGE_PATHS } from '@spark/contract/pages'
import { installErrorHandlers } from '../errors.ts'
import { dashboardRoutes } from './dashboard.ts'

const folder = mkdtempSync(join(tmpdir(), 'spark-page-'))
mkdirSync(join(folder, 'assets'))
writeFileSync(join(folder, 'index.html'), '<title>Spark</title>')
writeFileSync(join(folder, 'secret.txt'), 'no')
for (const ending of ['', '.br']) writeFileSync(join(folder, `assets/index-1a2b3c4d.js${ending}`), `code${ending}`)
afterAll(() => rmSync(folder, { recursive: true }))

async function serve(page: string | null) {
  const app = Fastify()
  installErrorHandlers(app)
  await dashboardRoutes(app, { dashboard: { page: () => page, folderOf: (name) => (name.startsWith('index-') ? page : null) } })
  return app
}

describe('serving the dashboard', () => {
  it('answers every page of the contract with the one page, asked for anew each time', async () => {
    const app = await serve(folder)
    for (const path of PAGE_PATHS) {
      const answer = await app.inject(path.replace(':id', 'btcusdt-1h-01'))
      expect([path, answer.statusCode, answer.body]).toEqual([path, 200, '<title>Spark</title>'])
      expect(answer.headers['cache-control']).toBe('no-cache')
    }
  })

  it('answers 404 for any other path: a wrong route of the API is no page', async () => {
    const app = await serve(folder)
    for (const path of [
      '/nothing',
      '/api/nothing',
      '/secret.txt',
      '/assets/secret.txt',
      '/assets/..%2Findex.html',
      '/assets/other-1a2b3c4d.js',
    ])
      expect([path, (await app.inject(path)).statusCode]).toEqual([path, 404])
  })

  it('lets hashed files be kept for ever, and sends the smaller form to who reads it', async () => {
    const app = await serve(folder)
    const plain = await app.inject('/assets/index-1a2b3c4d.js')
    expect([plain.body, plain.headers['cache-control']]).toEqual(['code', 'public, max-age=31536000, immutable'])
    const small = await app.inject({ url: '/assets/index-1a2b3c4d.js', headers: { 'accept-encoding': 'br' } })
    expect([small.body, small.headers['content-encoding']]).toEqual(['code.br', 'br'])
  })

  it('says so while it is not built, and looks again', async () => {
    const answer = await (await serve(null)).inject('/')
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(answer.body).toContain('http-equiv="refresh"')
  })

  it('says so in the first language of the browser that the page has', async () => {
    const app = await serve(null)
    const said = async (languages: string) =>
      (await app.inject({ url: '/', headers: { 'accept-language': languages } })).body.match(/lang="(..)"/)?.[1]
    expect([await said('tr-TR,tr;q=0.9,en;q=0.8'), await said('de,en;q=0.5,tr;q=0.3'), await said('fr')]).toEqual([
      'tr',
      'en',
      'en',
    ])
  })
})
