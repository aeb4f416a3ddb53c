import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import { systemRandomness } from '../random.ts'
import { createAlertStore } from '../storage/alert-store.ts'
import { createAuditOutbox } from '../storage/audit-outbox.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { alertRulesOf } from './alert-rules.ts'
import { createAlerts } from './alerts.ts'
import { OutsideError, callOutside, isPrivateAddress } from './call-outside.ts'
import type { ChannelConfig } from './channels.ts'
import { startHeartbeat } from './heartbeat.ts'
import { startNotifier } from './notifier.ts'

const START_MS = 1_700_000_000_000
let server: Server
let origin: string
let received: { path: string; body: string }[]
/** Status and Retry-After of the next answers; then 200. */
let answers: { status: number; headers?: Record<string, string> }[]
let database: MainDatabase
let clock: ManualClock

beforeEach(async () => {
  received = []
  answers = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      received.push({ path: request.url ?? '', body })
      const { status, headers = {} } = answers.shift() ?? { status: 200 }
      response.writeHead(status, headers).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  clock = new ManualClock(START_MS)
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await database.close()
})

const config = (change: Partial<ChannelConfig> = {}): ChannelConfig => ({
  slackWebhookUrl: `${origin}/slack`,
  telegramBotToken: '1:secret',
  telegramChatId: '-100',
  telegramUrl: origin,
  alertWebhookUrl: `${origin}/hook`,
  notifyPrivate: true,
  ...change,
})
const parts = (of: ChannelConfig) => {
  const { db } = database
  const queue = createDatabaseQueue({ db, clock, random: systemRandomness })
  const store = createAlertStore(db)
  const outbox = createAuditOutbox(db)
  const alerts = createAlerts({ db, rules: alertRulesOf({ ...of, file: { strategies: [] } }), clock, random: systemRandomness })
  const raise = (message = 'p95=1600ms > 1500ms & <rising>', code = 'slo_p95', severity: 'red' | 'yellow' = 'red') =>
    db.transaction().execute((trx) => alerts.raise(trx, { severity, code, scope: 'api', message }))
  const notifier = startNotifier({
    config: of,
    queue,
    alerts,
    clock,
    random: { unit: () => 0.5 },
    log: createLog('test', 'silent'),
  })
  /** Lets time pass second by second; what is due is sent. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000)
      await notifier.idle()
    }
  }
  return { queue, store, outbox, raise, notifier, pass, alerts }
}

describe('an alert', () => {
  it('is stored, audited and sent once to every channel that is configured, in its form', async () => {
    const { raise, notifier, store, outbox, pass } = parts(config())
    await raise()
    await raise('the same again')
    await pass(3)
    expect(received.map(({ path, body }) => `${path} ${body}`).sort()).toEqual([
      expect.stringMatching(
        /^\/bot1:secret\/sendMessage .*"chat_id":"-100","text":"🚨 RED ALERT: p95=1600ms > 1500ms & <rising>"/,
      ),
      expect.stringMatching(/^\/hook .*"severity":"red","code":"slo_p95","scope":"api"/),
      '/slack {"text":"🚨 RED ALERT: p95=1600ms &gt; 1500ms &amp; &lt;rising&gt;"}',
    ])
    expect(await store.last()).toMatchObject({ code: 'slo_p95', count: 2, message: 'the same again' })
    expect((await outbox.next(10)).map(({ event }) => event.action)).toEqual(['alert.raised'])
    await notifier.stop()
  })

  it('and others of the same seconds are one message, the worst first; a program reads each of them', async () => {
    const { raise, notifier, pass } = parts(config({ telegramBotToken: '' }))
    await raise('confidence is low', 'slo_confid', 'yellow')
    await pass(1)
    await raise('p95 is high')
    await pass(2)
    expect(received.map(({ path }) => path).sort()).toEqual(['/hook', '/slack'])
    const { body: slack = '' } = received.find(({ path }) => path === '/slack') ?? {}
    expect(JSON.parse(slack)).toEqual({ text: '🚨 RED ALERT: p95 is high\n⚠️ YELLOW WARNING: confidence is low' })
    const { body: hook = '' } = received.find(({ path }) => path === '/hook') ?? {}
    expect(JSON.parse(hook)).toMatchObject({
      source: 'spark',
      severity: 'red',
      code: 'slo_p95',
      alerts: [
        { alert: 2, kind: 'raised', severity: 'red', code: 'slo_p95', scope: 'api', message: 'p95 is high' },
        { alert: 1, kind: 'raised', severity: 'yellow', code: 'slo_confid' },
      ],
    })
    await notifier.stop()
  })

  it('that nobody acknowledges is sent again, marked, and no more once somebody has', async () => {
    const { raise, notifier, pass, alerts } = parts(config({ telegramBotToken: '', slackWebhookUrl: null }))
    const texts = () => received.map(({ body }) => (JSON.parse(body) as { text: string }).text)
    await raise('p95 is high')
    await pass(310)
    const escalated = '🚨 ESCALATED RED ALERT: p95 is high (nobody has acknowledged it: spark alerts ack 1)'
    expect(texts()).toEqual(['🚨 RED ALERT: p95 is high', escalated])
    await alerts.act(1, { kind: 'acknowledge' }, { actor: 'operator', traceId: 'a'.repeat(32), reason: null })
    await pass(1000)
    expect(texts()).toHaveLength(2)
    await notifier.stop()
  })

  it('waits as long as the channel asks, and other channels do not wait for it', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '30' } }]
    const { raise, notifier, pass } = parts(config({ telegramBotToken: '', slackWebhookUrl: null }))
    await raise()
    await pass(2)
    expect(received).toHaveLength(1)
    await pass(29)
    expect(received).toHaveLength(1)
    await pass(2)
    expect(received).toHaveLength(2)
    await notifier.stop()
  })

  it('is tried again when the channel fails, and is a dead letter at once when the address is wrong', async () => {
    answers = [{ status: 503 }, { status: 404 }]
    const { raise, notifier, queue, pass } = parts(config({ telegramBotToken: '', slackWebhookUrl: null }))
    await raise()
    await pass(10)
    expect((await queue.deadLetters({ limit: 10 })).map(({ reason, attempts }) => `${reason} ${attempts}`)).toEqual(['refused 2'])
    await notifier.stop()
  })
})

describe('what to do with alerts', () => {
  const rules = (file: object, change: Partial<ChannelConfig> = {}) =>
    alertRulesOf({ ...config(change), file: { strategies: [], alerts: file } })

  it('is: escalate after 5 minutes, repeat every 15, tell every channel of everything', () => {
    const all = ['slack', 'telegram', 'webhook']
    expect(rules({})).toEqual({ escalateAfterMs: 300_000, repeatMs: 900_000, told: all, escalated: all })
    expect(rules({ escalateAfterMin: 1, repeatMin: 2 })).toMatchObject({ escalateAfterMs: 60_000, repeatMs: 120_000 })
  })

  it('keeps channels for escalations, unless nobody would be told then', () => {
    expect(rules({ escalateTo: ['telegram'] })).toMatchObject({
      told: ['slack', 'webhook'],
      escalated: ['slack', 'telegram', 'webhook'],
    })
    const alone = { slackWebhookUrl: null, alertWebhookUrl: null }
    expect(rules({ escalateTo: ['telegram'] }, alone)).toMatchObject({ told: ['telegram'], escalated: ['telegram'] })
  })
})

describe('a call outside', () => {
  const codeOf = async (call: Parameters<typeof callOutside>[0]) => {
    const error = await callOutside(call).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(OutsideError)
    expect((error as Error).message).not.toContain('127.0.0.1')
    return (error as OutsideError).code
  }

  it.each([
    ['http', 'http://example.invalid/', 'not_https'],
    ['a private address', 'https://127.0.0.1/', 'private_address'],
    ['one in IPv6', 'https://[::1]/', 'private_address'],
    ['one mapped into IPv6', 'https://[::ffff:10.0.0.1]/', 'private_address'],
    ['one as a single number', 'https://2130706433/', 'private_address'],
    ['a name that resolves to one', 'https://localhost/', 'private_address'],
    ['the cloud metadata address', 'https://169.254.169.254/latest', 'private_address'],
  ])('refuses %s', async (_what, url, code) => {
    expect(await codeOf({ url, allowPrivate: false })).toBe(code)
    expect(received).toEqual([])
  })

  it('follows no redirect', async () => {
    answers = [{ status: 302, headers: { location: `${origin}/elsewhere` } }]
    expect(await codeOf({ url: `${origin}/a`, allowPrivate: true })).toBe('redirected')
    expect(received.map(({ path }) => path)).toEqual(['/a'])
  })

  it('says what is public', () => {
    expect(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'].map(isPrivateAddress)).toEqual([false, false, false])
  })
})

it('the heartbeat is heard while all is well, and only then', async () => {
  let problem: string | null = null
  const beaten = () => new Promise<void>((resolve) => server.once('request', () => resolve()))
  let next = beaten()
  const stop = startHeartbeat({
    url: `${origin}/beat`,
    allowPrivate: true,
    clock,
    log: createLog('test', 'silent'),
    problem: () => Promise.resolve(problem),
  })
  await next
  problem = 'the venue is halted'
  await clock.advance(120_000)
  problem = null
  next = beaten()
  await clock.advance(60_000)
  await next
  stop()
  await clock.advance(600_000)
  expect(received.map(({ path }) => path)).toEqual(['/beat', '/beat'])
})
