import { afterAll, beforeAll, expect, it } from 'vitest'
import { listen } from '../support/event-stream.ts'
import { everythingKept } from '../support/kept.ts'
import { createSpark, eventually, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

// A real api at its most talkative level, and the command line beside it: from the link of the first start to what is left behind.

const PASSWORD = 'canary-gravel-tuesday'
const WRONG = 'canary-wrong-lantern'
let spark: Spark
let api: SparkProcess
beforeAll(async () => {
  spark = await createSpark({ SPARK_LOG_LEVEL: 'trace' })
  api = spark.start('api')
  await healthy(spark)
})
afterAll(() => spark.remove())

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const sent = { 'content-type': 'application/json', 'x-spark-request': '1', ...headers }
  return fetch(`${spark.apiUrl}${path}`, { method: 'POST', headers: sent, body: JSON.stringify(body) })
}
const read = async (headers: Record<string, string>) => (await fetch(`${spark.apiUrl}/api/rollout`, { headers })).status
const tokenIn = (text: string) => /\/setup#([\w-]{43})/.exec(text)?.[1] ?? ''

/** Signs in by a set-up link; resolves with the cookie. */
async function setUp(link: string): Promise<string> {
  const response = await post('/api/session/setup', { token: tokenIn(link), password: PASSWORD })
  expect(response.status).toBe(200)
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

it('the link of the first start opens the door, what is revoked is shut at once, streams within a second, and no secret is left behind', async () => {
  const link = await eventually('the link', 5000, async () => tokenIn(api.log()) !== '' && api.log())
  const cookie = await setUp(link)

  // The owner of the machine, beside the api.
  const added = await spark.run('users', 'add', 'ada', '--role', 'operator')
  expect(added.code).toBe(0)
  const ada = await setUp(added.stdout)
  const made = await spark.run('tokens', 'add', 'ada', 'watchdog', '--may', 'canRead', '--days', '1')
  const bearer = { authorization: `Bearer ${made.stdout.trim()}` }
  expect([await read({ cookie: ada }), await read(bearer)]).toEqual([200, 200])
  expect((await post('/api/session', { name: 'ada', password: WRONG })).status).toBe(401)
  expect((await post('/api/session', { name: WRONG, password: WRONG })).status).toBe(401)

  const byCookie = listen(spark.apiUrl, undefined, { cookie: ada })
  const byToken = listen(spark.apiUrl, undefined, bearer)
  const stays = listen(spark.apiUrl, undefined, { cookie })
  for (const { events } of [byCookie, byToken, stays]) await eventually('the first event', 5000, async () => events.length > 0)
  const beganMs = performance.now()
  expect((await post('/api/users/ada', { disabled: true }, { cookie })).status).toBe(200)
  await Promise.all([byCookie.ended, byToken.ended])
  expect(performance.now() - beganMs).toBeLessThan(1000)
  expect([await read({ cookie: ada }), await read(bearer)]).toEqual([401, 401])

  // By the command line likewise.
  const { sessionId } = (await (await fetch(`${spark.apiUrl}/api/session`, { headers: { cookie } })).json()) as {
    sessionId: string
  }
  expect((await spark.run('sessions', 'revoke', sessionId)).code).toBe(0)
  await stays.ended
  expect(await read({ cookie })).toBe(401)

  // Whoever forgot the password gets back in without the api.
  api.child.kill('SIGTERM')
  await api.ended
  const again = await spark.run('users', 'setup-link', 'admin')
  expect(again.stdout).toContain(`${spark.apiUrl}/setup#`)

  const cookies = [cookie, ada].map((one) => one.split('=')[1] ?? '')
  const secrets = [PASSWORD, WRONG, made.stdout.trim(), ...cookies, tokenIn(added.stdout), tokenIn(again.stdout)]
  expect(secrets.every((secret) => secret.length > 15)).toBe(true)
  // The first link is printed once; beside that line it is nowhere.
  const printed = api
    .log()
    .split('\n')
    .filter((line) => !line.includes('/setup#'))
  const places = [...(await everythingKept(spark)), ['the log', Buffer.from(printed.join('\n'))] as const]
  const leaks = places.flatMap(([place, content]) =>
    [...secrets, tokenIn(link)].filter((secret) => content.includes(secret)).map((secret) => `${place} holds ${secret}`),
  )
  expect(leaks).toEqual([])
})
