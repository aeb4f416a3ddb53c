import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { STEP_UP_MS } from '@spark/contract/permissions'
import { IDLE_MS, SESSION_MS } from '../accounts/callers.ts'
import { ManualClock } from '../clock.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { PASSWORD, administrator, openBrowser, person, type Browser } from './account-fixture.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let clock: ManualClock
let admin: Browser
beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2026, 0, 5))
  api = await startApi({}, { clock })
  admin = await administrator(api)
})
afterEach(() => api.remove())

const signIn = (browser: Browser, name = 'admin', password = PASSWORD, headers: Record<string, string> = {}) =>
  browser.post('/api/session', { name, password }, headers)
const who = async (browser: Browser) => (await browser.get('/api/session')).body
const elsewhere = (address = '10.1.2.3') => openBrowser(api.app, { remoteAddress: address })

async function audited(): Promise<string[]> {
  const database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  const events = await createAuditOutbox(database.db).next(1000)
  await database.close()
  return events.map(({ event }) => `${event.actor} ${event.action} ${JSON.stringify(event.context)}`)
}

describe('the first start', () => {
  it('makes an administrator by a link that works once', async () => {
    const { path = '', user } = api.invitation ?? {}
    expect(path).toMatch(/^\/setup#[\w-]{43}$/)
    expect(user).toMatchObject({ name: 'admin', role: 'admin', state: 'invited' })
    expect(await who(admin)).toMatchObject({ kind: 'session', name: 'admin', role: 'admin', ready: true })
    const again = await elsewhere().post('/api/session/setup', { token: path.slice(7), password: PASSWORD })
    expect(again).toMatchObject({ status: 400, body: { code: 'setup_link_refused' } })
  })

  it('happens once: a folder with people gets no other', async () => {
    await api.stop()
    const next = await startApi({}, { clock, dataDir: api.config.dataDir })
    expect(next.invitation).toBeNull()
    await next.stop()
  })
})

describe('a set-up link', () => {
  const invite = async () => String((await admin.post('/api/users', { name: 'ada', role: 'viewer' })).body['path']).slice(7)
  const use = (token: string, password = PASSWORD) => elsewhere().post('/api/session/setup', { token, password })

  it('is over after a day, and when another was made', async () => {
    const first = await invite()
    clock.step(24 * 3_600_000 - 1)
    await signIn(admin)
    const { body } = await admin.post('/api/users/ada/setup-link')
    expect((await use(first)).body).toMatchObject({ code: 'setup_link_refused' })
    clock.step(24 * 3_600_000)
    expect((await use(String(body['path']).slice(7))).body).toMatchObject({ code: 'setup_link_refused' })
  })

  it('takes no password that is easy to guess, and holds until it got a good one', async () => {
    const token = await invite()
    for (const bad of [
      'short',
      'Passw0rd!!123',
      'qwertyuiopas',
      'abcabcabcabcabc',
      'aaaaaaaaaaaaaaa',
      '123456789012',
      'ada is my name',
    ])
      expect((await use(token, bad)).body, bad).toMatchObject({ status: 400, code: 'password_refused' })
    expect((await use(token)).status).toBe(200)
  })
})

describe('a session', () => {
  it('begins with a secret of its own, whatever the browser sent before (fixation)', async () => {
    const planted = 'A'.repeat(43)
    const victim = elsewhere()
    victim.setCookie(`spark_session=${planted}`)
    expect((await signIn(victim)).status).toBe(200)
    expect(victim.cookie()).toMatch(/^spark_session=[\w-]{43}$/)
    expect(victim.cookie()).not.toContain(planted)
    const attacker = elsewhere()
    attacker.setCookie(`spark_session=${planted}`)
    expect((await attacker.get('/api/rollout')).status).toBe(401)
    // Nor does a sign-in go on with the session of whoever sat there before.
    const before = victim.cookie()
    await signIn(victim)
    expect(victim.cookie()).not.toBe(before)
  })

  it('is in a cookie that no script reads and no other site sends; over TLS it is bound to this host', async () => {
    const plain = await signIn(elsewhere())
    expect(plain.headers['set-cookie']).toMatch(/^spark_session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/)
    const tls = openBrowser(api.app, { remoteAddress: '10.1.2.3', host: 'localhost' })
    const secure = await signIn(tls, 'admin', PASSWORD, { origin: 'https://localhost' })
    expect(secure.headers['set-cookie']).toMatch(/^__Host-spark_session=[\w-]{43}; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/)
    expect(await who(tls)).toMatchObject({ kind: 'session' })
  })

  it('changes something only with the header that other origins cannot send (CSRF)', async () => {
    const own = { host: 'localhost', cookie: admin.cookie() }
    const marked = { ...own, 'x-spark-request': '1' }
    const forgeries: [Record<string, string>, string][] = [
      [own, 'csrf_header_missing'],
      [{ ...marked, origin: 'https://evil.example' }, 'origin_refused'],
      [{ ...marked, 'sec-fetch-site': 'cross-site' }, 'origin_refused'],
    ]
    for (const [headers, code] of forgeries) {
      const forged = { reason: 'forged', confirm: 'rollback' }
      const response = await api.app.inject({ method: 'POST', url: '/api/rollout/rollback', headers, payload: forged })
      expect(response.json()).toMatchObject({ status: 403, code })
    }
    const form = { ...marked, 'content-type': 'text/plain' }
    const payload = '{"reason":"forged","confirm":"rollback"}'
    const posted = await api.app.inject({ method: 'POST', url: '/api/rollout/rollback', headers: form, payload })
    expect(posted.statusCode).toBe(415)
  })

  it('is of no use under a name that is not this server (DNS rebinding)', async () => {
    const rebound = openBrowser(api.app, { host: 'evil.example' })
    rebound.setCookie(admin.cookie())
    expect((await rebound.get('/api/rollout')).status).toBe(421)
    expect((await signIn(rebound)).status).toBe(421)
  })

  it('ends at sign-out, at once', async () => {
    const copy = elsewhere()
    copy.setCookie(admin.cookie())
    expect((await copy.get('/api/rollout')).status).toBe(200)
    expect((await admin.post('/api/session/end')).status).toBe(200)
    expect(await copy.get('/api/rollout')).toMatchObject({ status: 401, body: { detail: 'the session has ended' } })
    expect(admin.cookie()).toBe('')
  })

  it('ends without a request in twelve hours, and after seven days in any case', async () => {
    clock.step(IDLE_MS - 1)
    expect((await admin.get('/api/rollout')).status).toBe(200)
    const started = clock.nowMs()
    for (; clock.nowMs() < started + SESSION_MS - 2 * IDLE_MS; clock.step(IDLE_MS - 1))
      expect((await admin.get('/api/rollout')).status).toBe(200)
    clock.step(IDLE_MS)
    expect((await admin.get('/api/rollout')).status).toBe(401)
    const other = elsewhere()
    await signIn(other)
    clock.step(IDLE_MS)
    expect((await other.get('/api/rollout')).status).toBe(401)
  })

  it('ends with all others of the person when the password changes, and there are twenty at most', async () => {
    const many = Array.from({ length: 20 }, () => elsewhere())
    for (const one of many) {
      clock.step(1)
      await signIn(one)
    }
    expect((await admin.get('/api/rollout')).status).toBe(401)
    const [first, second] = many
    const change = { current: PASSWORD, password: 'another lantern tuesday' }
    expect((await first?.post('/api/session/password', { ...change, current: 'wrong' }))?.status).toBe(401)
    expect((await first?.post('/api/session/password', change))?.status).toBe(200)
    expect((await first?.get('/api/rollout'))?.status).toBe(200)
    expect((await second?.get('/api/rollout'))?.status).toBe(401)
    expect((await signIn(elsewhere('10.9.9.9'))).status).toBe(401)
  })

  it('of who is disabled ends, with their tokens; the role counts from the next request on', async () => {
    const ada = await person(api, admin, 'ada', 'operator')
    const made = await ada.post('/api/tokens', { name: 'ci', permissions: ['canRead', 'canBrake'], days: 1 })
    const bearer = { authorization: `Bearer ${String(made.body['secret'])}` }
    const machine = elsewhere()
    expect((await machine.get('/api/rollout', bearer)).status).toBe(200)
    await admin.post('/api/users/ada', { role: 'viewer' })
    expect((await ada.post('/api/rollout/pause', { reason: 'x' })).body).toMatchObject({ code: 'forbidden' })
    expect((await machine.post('/api/rollout/pause', { reason: 'x' }, bearer)).body).toMatchObject({ code: 'forbidden' })
    await admin.post('/api/users/ada', { disabled: true })
    expect((await ada.get('/api/rollout')).status).toBe(401)
    expect((await machine.get('/api/rollout', bearer)).status).toBe(401)
    expect((await signIn(elsewhere(), 'ada')).body).toMatchObject({ code: 'sign_in_refused' })
    expect((await admin.post('/api/users/admin', { role: 'viewer' })).body).toMatchObject({ code: 'last_administrator' })
  })
})

describe('the password again', () => {
  const unkill = (browser: Browser) => browser.post('/api/rollout/unkill', { scope: 'all', reason: 'x', confirm: 'all' })

  it('is asked for after ten minutes for what adds risk, and never for a brake', async () => {
    clock.step(STEP_UP_MS)
    for (const [url, body] of [
      ['/api/rollout/unkill', { scope: 'all', reason: 'x', confirm: 'all' }],
      ['/api/rollout/override', { reason: 'x', confirm: 'override' }],
      ['/api/strategies/x', { mode: 'live' }],
      ['/api/users', { name: 'ada', role: 'admin' }],
      ['/api/tokens', { name: 'ci', permissions: ['canRead'], days: 1 }],
    ] as const)
      expect((await admin.post(url, body)).body, url).toMatchObject({ status: 403, code: 'step_up_needed' })
    expect((await admin.post('/api/rollout/kill', { scope: 'all', reason: 'x' })).status).toBe(200)
    for (const verb of ['pause', 'preview', 'rollback'])
      expect((await admin.post(`/api/rollout/${verb}`, { reason: 'x', confirm: verb })).body['code'], verb).not.toBe(
        'step_up_needed',
      )
  })

  it('opens it for ten minutes, with a new cookie; the one from before still reads for ten seconds', async () => {
    clock.step(STEP_UP_MS)
    await admin.post('/api/rollout/kill', { scope: 'all', reason: 'x' })
    const before = elsewhere()
    before.setCookie(admin.cookie())
    expect((await admin.post('/api/session/confirm', { password: 'wrong' })).body).toMatchObject({ code: 'sign_in_refused' })
    expect((await unkill(admin)).body).toMatchObject({ code: 'step_up_needed' })
    expect((await admin.post('/api/session/confirm', { password: PASSWORD })).body).toMatchObject({
      stepUpUntil: clock.nowMs() + STEP_UP_MS,
    })
    expect(before.cookie()).not.toBe(admin.cookie())
    expect((await before.get('/api/rollout')).status).toBe(200)
    expect((await unkill(before)).body).toMatchObject({ code: 'step_up_needed' })
    clock.step(10_000)
    expect((await before.get('/api/rollout')).status).toBe(401)
    expect((await unkill(admin)).status).toBe(200)
  })
})

describe('guessing', () => {
  it('is answered alike for a name that there is and one that there is not', async () => {
    const answer = async (name: string) => {
      const { status, body, headers } = await signIn(elsewhere(), name, 'wrong')
      const { traceId: _, ...rest } = body
      return { status, rest, names: Object.keys(headers).sort() }
    }
    expect(await answer('admin')).toEqual(await answer('nobody-here'))
  })

  it('waits longer and longer, for a name that there is not as well; another address is not held up', async () => {
    for (const name of ['admin', 'nobody-here']) {
      const guesser = elsewhere('10.6.6.6')
      const waits: number[] = []
      for (let tries = 0; tries < 8; tries++) {
        const { status } = await signIn(guesser, name, 'wrong')
        expect(status).toBe(401)
        const { status: next, headers } = await signIn(guesser, name, 'wrong')
        if (next === 429) {
          waits.push(Number(headers['retry-after']))
          await clock.advance(Number(headers['retry-after']) * 1000)
        }
      }
      expect(waits).toEqual([...waits].sort((a, b) => a - b))
      expect(waits.at(-1)).toBeGreaterThanOrEqual(16)
    }
    expect((await signIn(elsewhere('10.7.7.7'))).status).toBe(200)
  })

  it('leaves a trace without what was typed, unless it is the name of somebody', async () => {
    await signIn(elsewhere(), 'admin', 'a typed secret')
    await signIn(elsewhere(), 'a password in the wrong field', 'x')
    const events = (await audited()).filter((line) => line.includes('session.refused'))
    expect(events).toEqual([
      'anonymous session.refused {"user":"admin","address":"10.1.2.3"}',
      'anonymous session.refused {"user":null,"address":"10.1.2.3"}',
    ])
  })
})

it('every change is audited with who, before and after, and no secret', async () => {
  const ada = await person(api, admin, 'ada', 'operator')
  const made = await ada.post('/api/tokens', { name: 'ci', permissions: ['canBrake'], days: 1 })
  await admin.post('/api/users/ada', { role: 'risk' })
  const { id } = made.body['token'] as { id: string }
  await admin.post(`/api/tokens/${id}/revoke`)
  const lines = await audited()
  for (const start of [
    'api-1 user.created {"user":"admin"',
    'admin user.password_set',
    'admin session.started',
    'admin user.created {"user":"ada","role":"operator"}',
    'ada token.created',
    'admin user.changed {"user":"ada","before":{"role":"operator","disabled":false},"after":{"role":"risk","disabled":false}}',
    'admin token.revoked',
  ])
    expect(
      lines.some((line) => line.startsWith(start)),
      start,
    ).toBe(true)
  const secrets = [PASSWORD, String(made.body['secret']), ada.cookie().split('=')[1] ?? '', api.invitation?.path.slice(7) ?? '']
  for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret)
})
