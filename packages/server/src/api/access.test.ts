import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOOPBACK_PERMISSIONS, ROLES, isPermission, permissionsOf, type Role } from '@spark/contract/permissions'
import { ROUTE_LIST, type Access } from '@spark/contract/routes'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { PASSWORD, administrator, openBrowser, person, type Browser, type BrowserAnswer } from './account-fixture.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'
import { createServer, installProtection } from './app.ts'

let api: ApiFixture
const clock = new ManualClock(Date.UTC(2026, 0, 5))
const people = {} as Record<Role, Browser>
let token: string
beforeAll(async () => {
  api = await startApi({}, { clock })
  people.admin = await administrator(api)
  for (const role of ['viewer', 'operator', 'risk'] as const) people[role] = await person(api, people.admin, `${role}s`, role)
  const made = await people.operator.post('/api/tokens', { name: 'ci', permissions: ['canRead', 'canBrake'], days: 1 })
  token = String(made.body['secret'])
}, 30_000)
afterAll(() => api.remove())

type Outcome = 'allowed' | 'unauthorized' | 'forbidden' | 'step_up_needed'
const outcomeOf = ({ status, body }: BrowserAnswer): Outcome =>
  status === 401 || status === 403 ? (body['code'] as Outcome) : 'allowed'

/** Asks a route with a body that no route takes: who passes the guard is told of that, and nothing happens. */
async function knock(
  browser: Browser,
  { method, path }: { method: string; path: string },
  headers?: Record<string, string>,
): Promise<Outcome> {
  const url = path.replaceAll(/:\w+/g, 'x1')
  if (method !== 'GET') return outcomeOf(await browser.send(method as 'POST' | 'PUT', url, { 'no such field': 1 }, headers))
  // An event stream that is allowed does not end: a query that is none stands in for the rest.
  return outcomeOf(await browser.get(url, headers))
}
const streams = (path: string) => path === '/api/events'

function expected(access: Access, role: Role): Outcome {
  if (!isPermission(access)) return 'allowed'
  return permissionsOf(role).has(access) ? 'allowed' : 'forbidden'
}

const STRANGERS: [string, { remoteAddress?: string; host?: string }, boolean][] = [
  ['on this machine', {}, true],
  ['elsewhere', { remoteAddress: '10.1.2.3' }, false],
]

describe('every route', () => {
  it.each(ROLES)('lets in or refuses the role %s as the table says', async (role) => {
    for (const { name, access, ...route } of ROUTE_LIST) {
      if (streams(route.path)) continue
      expect(await knock(people[role], route), `${role} ${name}`).toBe(expected(access, role))
    }
  })

  it.each(STRANGERS)('lets in or refuses a stranger %s as the table says', async (_where, from, near) => {
    const stranger = openBrowser(api.app, from)
    for (const { name, access, ...route } of ROUTE_LIST) {
      const open =
        access === 'public' || access === 'entrance' || (near && isPermission(access) && LOOPBACK_PERMISSIONS.has(access))
      if (open && streams(route.path)) continue
      expect(await knock(stranger, route), name).toBe(open ? 'allowed' : 'unauthorized')
    }
  })

  it('takes who comes through a proxy on this machine for a stranger from elsewhere', async () => {
    const proxied = openBrowser(api.app)
    expect(await knock(proxied, { method: 'GET', path: '/api/rollout' })).toBe('allowed')
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      expect(await knock(proxied, { method: 'GET', path: '/api/rollout' }, { [name]: '10.1.2.3' }), name).toBe('unauthorized')
  })

  it('lets in a token for what it was made for, and nothing else', async () => {
    const machine = openBrowser(api.app, { remoteAddress: '10.1.2.3' })
    for (const { name, access, ...route } of ROUTE_LIST) {
      if (streams(route.path)) continue
      const allowed = access === 'public' || access === 'entrance' || access === 'canRead' || access === 'canBrake'
      expect(await knock(machine, route, { authorization: `Bearer ${token}` }), name).toBe(allowed ? 'allowed' : 'forbidden')
    }
  })

  it('lets in the token of the operator for all but what is a session’s, and that of the executor to read and score', async () => {
    const machine = openBrowser(api.app, { remoteAddress: '10.1.2.3' })
    for (const { name, access, ...route } of ROUTE_LIST) {
      if (streams(route.path)) continue
      const outcome = (sent: string) => knock(machine, route, { authorization: `Bearer ${sent}` })
      expect(await outcome(api.tokens.operator), name).toBe(access === 'session' ? 'forbidden' : 'allowed')
      const few = ['public', 'entrance', 'canRead', 'canScore'].includes(access)
      expect(await outcome(api.tokens.executor), name).toBe(few ? 'allowed' : 'forbidden')
    }
  })
})

describe('what belongs to somebody', () => {
  it.each(ROLES)('is the own for the role %s, and that of others for administrators only', async (role) => {
    const mine = people[role]
    const others = people[role === 'risk' ? 'viewer' : 'risk']
    const other = String((await others.get('/api/session')).body['name'])
    const may = role === 'admin' ? 'allowed' : 'forbidden'
    for (const what of ['sessions', 'tokens']) {
      expect(outcomeOf(await mine.get(`/api/${what}`)), what).toBe('allowed')
      expect(outcomeOf(await mine.get(`/api/${what}?user=${other}`)), what).toBe(may)
      expect(outcomeOf(await mine.get(`/api/${what}?user=all`)), what).toBe(may)
      const make = async (browser: Browser) => (what === 'tokens' ? tokenOf(browser) : sessionOf(browser))
      expect((await mine.post(`/api/${what}/${await make(mine)}/revoke`)).status, `own ${what}`).toBe(200)
      // Whether there is such a one is nobody's business either.
      const status = role === 'admin' ? 200 : 404
      expect((await mine.post(`/api/${what}/${await make(others)}/revoke`)).status, `other ${what}`).toBe(status)
    }
  })

  it('cannot be given away: a token holds no more than its owner may, and nothing that asks for a password', async () => {
    const make = (permission: string) => people.viewer.post('/api/tokens', { name: 'more', permissions: [permission], days: 1 })
    expect((await make('canBrake')).body).toMatchObject({ status: 403, code: 'forbidden' })
    expect((await make('canUnkill')).body).toMatchObject({ status: 400, code: 'bad_request' })
  })
})

let made = 0
async function tokenOf(browser: Browser): Promise<string> {
  made += 1
  const { body } = await browser.post('/api/tokens', { name: `t${made}`, permissions: ['canRead'], days: 1 })
  return (body['token'] as { id: string }).id
}

/** Another session of the same person. */
async function sessionOf(browser: Browser): Promise<string> {
  const { body } = await browser.get('/api/session')
  const another = await openBrowser(api.app).post('/api/session', { name: String(body['name']), password: PASSWORD })
  return String(another.body['sessionId'])
}

describe('arming', () => {
  const arm = (browser: Browser) => browser.post('/api/strategies/btcusdt-1h-1', { mode: 'live' })
  it('takes the role risk besides what any other change of a strategy takes', async () => {
    expect(outcomeOf(await people.operator.post('/api/strategies/x1', { name: 'x' }))).toBe('allowed')
    expect(outcomeOf(await arm(people.operator))).toBe('forbidden')
    expect(outcomeOf(await people.operator.post('/api/strategies', { id: 'x', symbol: 'BTCUSDT', tf: '1h', mode: 'live' }))).toBe(
      'forbidden',
    )
    expect(outcomeOf(await arm(people.risk))).toBe('allowed')
  })
})

it('a route that does not say who may call it stops the app from being built', async () => {
  const app = createServer({ log: createLog('test', 'silent'), random: systemRandomness, config: api.config })
  const nobody = () => Promise.resolve(null)
  await installProtection(app, {
    config: api.config,
    authenticate: () => 'anonymous',
    callers: { ofSession: nobody, ofToken: nobody },
    requests: { count: () => ({ current: 1, ttl: 1 }) },
    clock,
    random: systemRandomness,
  })
  expect(() => app.get('/api/forgotten', () => 'x')).toThrow('/api/forgotten does not say who may call it')
})
