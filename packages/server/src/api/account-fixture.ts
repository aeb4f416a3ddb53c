import type { FastifyInstance } from 'fastify'
import type { Role } from '@spark/contract/permissions'
import type { ApiFixture } from './api-fixture.ts'

export const PASSWORD = 'gravel tuesday lantern'

export interface BrowserAnswer {
  status: number
  body: Record<string, unknown>
  headers: Record<string, unknown>
}

/** A browser that keeps cookies, as far as tests need one. */
export interface Browser {
  get(url: string, headers?: Record<string, string>): Promise<BrowserAnswer>
  post(url: string, payload?: object, headers?: Record<string, string>): Promise<BrowserAnswer>
  send(method: 'POST' | 'PUT', url: string, payload: object, headers?: Record<string, string>): Promise<BrowserAnswer>
  /** What it would send as Cookie. */
  cookie(): string
  /** As if somebody had put it there. */
  setCookie(cookie: string): void
}

export function openBrowser(app: FastifyInstance, options: { remoteAddress?: string; host?: string } = {}): Browser {
  const jar = new Map<string, string>()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  function keep(pair: string): void {
    const [name = '', value = ''] = (pair.split(';')[0] ?? '').split('=')
    if (value === '') jar.delete(name)
    else jar.set(name, value)
  }
  async function ask(method: 'GET' | 'POST' | 'PUT', url: string, payload?: object, more: Record<string, string> = {}) {
    const { remoteAddress, host = 'localhost:3003' } = options
    const headers = {
      host,
      ...(jar.size > 0 && { cookie: cookie() }),
      ...(method !== 'GET' && { 'x-spark-request': '1' }),
      ...more,
    }
    const response = await app.inject({
      method,
      url,
      headers,
      ...(payload !== undefined && { payload }),
      ...(remoteAddress !== undefined && { remoteAddress }),
    })
    for (const pair of [response.headers['set-cookie'] ?? []].flat()) keep(pair)
    const body: Record<string, unknown> = response.body.startsWith('{') ? response.json() : {}
    return { status: response.statusCode, body, headers: response.headers }
  }
  return {
    get: (url, headers) => ask('GET', url, undefined, headers),
    post: (url, payload = {}, headers) => ask('POST', url, payload, headers),
    send: (method, url, payload, headers) => ask(method, url, payload, headers),
    cookie,
    setCookie: keep,
  }
}

/** Signed in by the set-up link of the first start. */
export async function administrator(api: ApiFixture): Promise<Browser> {
  return invited(api, api.invitation?.path ?? '')
}

/** Somebody of this role, signed in. */
export async function person(api: ApiFixture, admin: Browser, name: string, role: Role): Promise<Browser> {
  const { body } = await admin.post('/api/users', { name, role })
  return invited(api, String(body['path']))
}

async function invited(api: ApiFixture, path: string): Promise<Browser> {
  const browser = openBrowser(api.app)
  const { status, body } = await browser.post('/api/session/setup', { token: path.split('#')[1] ?? '', password: PASSWORD })
  if (status !== 200) throw new Error(`the set-up link was refused: ${JSON.stringify(body)}`)
  return browser
}
