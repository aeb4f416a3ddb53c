import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiError, UnreachableError, createClient } from './client.ts'
import { problem } from './errors.ts'

let server: Server
let baseUrl: string
const seen: {
  url: string | undefined
  method: string | undefined
  authorization: string | undefined
  type: string | undefined
}[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    const { url, method } = request
    seen.push({ url, method, authorization: request.headers.authorization, type: request.headers['content-type'] })
    if (url === '/api/healthz') response.writeHead(503).end('{"ok":false,"reason":"disk_full"}')
    else if (url === '/metrics') response.end('spark_x 1\n')
    else if (url === '/api/ml/version') response.end('not json')
    else if (url === '/api/ml/score') response.writeHead(503).end(JSON.stringify(problem('storage_unavailable', 't')))
    else if (url?.startsWith('/api/tools/metrics')) response.end('{"data":[]}')
    // Any other route never answers.
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(() => server.close().closeAllConnections())

it('sends method, token, JSON and query as the route wants them', async () => {
  const client = createClient({ baseUrl, token: 'secret' })
  expect(await client.call('timeseries', { query: { window: '4h' } })).toEqual({ data: [] })
  expect(seen.at(-1)).toMatchObject({
    url: '/api/tools/metrics/timeseries?window=4h',
    method: 'GET',
    authorization: 'Bearer secret',
  })
})

it('resolves text routes to their text, and a health answer of 503 to its body', async () => {
  const client = createClient({ baseUrl })
  expect(await client.call('metrics')).toBe('spark_x 1\n')
  expect(await client.call('healthz')).toEqual({ ok: false, reason: 'disk_full' })
})

it('rejects with the code of a problem', async () => {
  const failure = await createClient({ baseUrl })
    .call('mlScore', { body: { feature: {} } })
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiError)
  expect(failure).toMatchObject({ status: 503, code: 'storage_unavailable' })
})

it('tells a timeout, a refused connection and a broken answer from a problem', async () => {
  const slow = await createClient({ baseUrl, timeoutMs: 50 })
    .call('smokeLast')
    .catch((error: unknown) => error)
  expect(slow).toMatchObject({ name: 'UnreachableError', timedOut: true })
  const refused = await createClient({ baseUrl: 'http://127.0.0.1:9' })
    .call('healthz')
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ name: 'UnreachableError', timedOut: false })
  expect(
    await createClient({ baseUrl })
      .call('mlVersion')
      .catch((error: unknown) => error),
  ).toBeInstanceOf(UnreachableError)
})
