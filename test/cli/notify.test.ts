import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSpark, ROOT, runToEnd, type Spark } from '../support/spark.ts'

let server: Server
let received: { path: string; body: unknown }[]
/** Statuses of the next answers; then 200. */
let statuses: number[]
let address: string
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (piece: Buffer) => (text += piece.toString()))
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: JSON.parse(text) })
      response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

let spark: Spark
beforeEach(async () => {
  received = []
  statuses = []
  spark = await createSpark({
    SPARK_NOTIFY_PRIVATE: 'true',
    SLACK_WEBHOOK_URL: `${address}/slack`,
    ALERT_WEBHOOK_URL: `${address}/hook`,
  })
})
afterEach(() => spark.remove())

describe('spark notify', () => {
  it('says its arguments on every channel that is set up', async () => {
    expect(await spark.run('notify', 'canary', 'looks <good>')).toMatchObject({ code: 0, stdout: 'slack: sent\nwebhook: sent\n' })
    expect(received).toEqual([
      { path: '/slack', body: { text: 'ℹ️ Spark: canary looks &lt;good&gt;' } },
      {
        path: '/hook',
        body: expect.objectContaining({ severity: 'info', code: 'note', message: 'canary looks <good>' }) as object,
      },
    ])
  })

  it('says standard input on one channel', async () => {
    expect((await spark.runWith('two\nlines\n', 'notify', '--channel', 'webhook')).code).toBe(0)
    expect(received).toMatchObject([{ path: '/hook', body: { message: 'two\nlines' } }])
  })

  it('names the channel that failed, after the others were told', async () => {
    statuses = [404]
    const { code, stdout, stderr } = await spark.run('notify', 'hello')
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'webhook: sent\n' })
    expect(stderr).toContain('slack: not sent, answered 404')
    expect(stderr).not.toContain(address)
  })

  it('follows no redirect', async () => {
    statuses = [302]
    expect(await spark.run('notify', '--channel', 'slack', 'hello')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('redirects are not followed') as string,
    })
    expect(received).toHaveLength(1)
  })

  it.each([
    ['not by https', {}, ['hello'], 1, 'does not begin with https'],
    ['to a private address', { SLACK_WEBHOOK_URL: 'https://127.0.0.1/x' }, ['hello'], 1, 'the address is a private one'],
    ['nothing', {}, [' '], 2, 'the text is empty'],
    ['too much', {}, ['x'.repeat(4001)], 2, 'at most 4000'],
    ['on a channel that is not set up', {}, ['--channel', 'telegram', 'x'], 1, 'TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID'],
    ['on a channel that does not exist', {}, ['--channel', 'pigeon', 'x'], 2, 'one of slack, telegram, webhook'],
  ])('says %s: refused, and says why', async (_what, change, args, code, words) => {
    Object.assign(spark.env, { SPARK_NOTIFY_PRIVATE: 'false', ...change })
    const ended = await spark.run('notify', ...args)
    expect(ended).toMatchObject({ code, stderr: expect.stringContaining(words) as string })
    expect(received).toEqual([])
  })
})

describe('slack-notify', () => {
  const inShell = (command: string) =>
    runToEnd('bash', ['-c', command], { env: { ...spark.env, PATH: `${ROOT}bin:${spark.env['PATH'] ?? ''}` } })

  it('works as the playbook prints it, and through npx', async () => {
    expect((await inShell('echo "ROLLBACK COMPLETE: ML Scoring disabled" | slack-notify')).code).toBe(0)
    expect((await inShell('echo "through npx" | npx --no slack-notify')).code).toBe(0)
    expect(received).toEqual([
      { path: '/slack', body: { text: 'ℹ️ Spark: ROLLBACK COMPLETE: ML Scoring disabled' } },
      { path: '/slack', body: { text: 'ℹ️ Spark: through npx' } },
    ])
  })

  it('without a webhook exits 1 and says what to set', async () => {
    delete spark.env['SLACK_WEBHOOK_URL']
    const { code, stdout, stderr } = await inShell('echo hello | slack-notify')
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'not sent: slack is not set up. Set SLACK_WEBHOOK_URL\n',
    })
    expect(received).toEqual([])
  })
})
