import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { systemRandomness } from '../random.ts'
import { listenExecutor } from './http.ts'
import { freePort } from '../free-port-fixture.ts'

let stop: (() => Promise<void>) | null = null
afterEach(() => stop?.())

async function listen(host: string): Promise<number> {
  const port = await freePort()
  stop = await listenExecutor({
    host,
    port,
    allowedHosts: [],
    buildSha: 'abc',
    random: systemRandomness,
    isAuthorized: (authorization) => authorization === 'Bearer right',
    health: () => Promise.reject(new Error('a defect')),
    metrics: () => Promise.resolve('spark_x 1\n'),
    logs: () => ['{"level":"warn"}'],
    streams: () => [],
  })
  return port
}

function ask(
  port: number,
  path: string,
  options: { host?: string; method?: string; authorization?: string } = {},
): Promise<{ status: number | undefined; text: string }> {
  const headers: Record<string, string> = { host: options.host ?? 'localhost' }
  if (options.authorization !== undefined) headers['authorization'] = options.authorization
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
      .on('error', reject)
      .end()
  })
}

describe("the executor's HTTP", () => {
  it('answers metrics on loopback, and refuses other hosts, routes and methods as problems', async () => {
    const port = await listen('127.0.0.1')
    expect(await ask(port, '/metrics')).toEqual({ status: 200, text: 'spark_x 1\n' })
    expect((await ask(port, '/metrics', { host: 'evil.example' })).status).toBe(421)
    expect((await ask(port, '/other')).status).toBe(404)
    expect((await ask(port, '/metrics', { method: 'POST' })).status).toBe(405)
  })

  it('wants a token for metrics when it listens beyond this machine', async () => {
    const port = await listen('0.0.0.0')
    expect((await ask(port, '/metrics')).status).toBe(401)
    expect((await ask(port, '/metrics', { authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await ask(port, '/metrics', { authorization: 'Bearer right' })).status).toBe(200)
  })

  it('opens log and streams with a token only, on this machine too', async () => {
    const port = await listen('127.0.0.1')
    expect((await ask(port, '/logs')).status).toBe(401)
    expect(await ask(port, '/logs', { authorization: 'Bearer right' })).toEqual({
      status: 200,
      text: '{"lines":["{\\"level\\":\\"warn\\"}"]}',
    })
    expect((await ask(port, '/streams', { authorization: 'Bearer wrong' })).status).toBe(401)
    expect(await ask(port, '/streams', { authorization: 'Bearer right' })).toEqual({ status: 200, text: '{"items":[]}' })
  })

  it('says that it failed where it failed, without the cause', async () => {
    const { status, text } = await ask(await listen('127.0.0.1'), '/health')
    expect(status).toBe(500)
    expect(text).toContain('internal_error')
    expect(text).not.toContain('a defect')
  })
})
