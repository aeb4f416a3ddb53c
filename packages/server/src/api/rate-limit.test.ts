import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

const IN_ONE_MINUTE_MS = Date.UTC(2026, 0, 1)

let api: ApiFixture
afterEach(() => api.remove())

it('a flood is answered 429 with Retry-After, while health and public/* still answer: it must not look like a dead process', async () => {
  api = await startApi(
    { SPARK_RATE_LIMIT_PER_MIN: '3', SPARK_TOKEN_RATE_LIMIT_PER_MIN: '5' },
    { clock: { ...systemClock, nowMs: () => IN_ONE_MINUTE_MS } },
  )
  const get = (url: string, headers: Record<string, string> = {}) => api.app.inject({ method: 'GET', url, headers })
  const statuses = async (count: number, headers?: Record<string, string>) => {
    const answers = []
    for (let n = 0; n < count; n++) answers.push((await get('/api/ml/version', headers)).statusCode)
    return answers
  }
  expect(await statuses(4)).toEqual([200, 200, 200, 429])
  const refused = await get('/api/ml/version')
  expect(refused.json()).toMatchObject({ code: 'too_many_requests' })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await get('/api/healthz')).statusCode).toBe(200)
  expect((await get('/api/public/metrics')).statusCode).toBe(200)
  // Who has a token has an allowance of his own.
  expect(await statuses(6, { authorization: `Bearer ${api.tokens.operator}` })).toEqual([200, 200, 200, 200, 200, 429])
})
