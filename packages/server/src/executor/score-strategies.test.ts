import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from '@spark/contract/client'
import { ManualClock, createFastClock, systemClock, type Clock } from '../clock.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { PollOutcome } from './measure.ts'
import { startPolling, waitForApi, type StrategyPoller } from './score-strategies.ts'

const row = {
  ts: 0,
  symbol: 'BTCUSDT',
  tf: '1h' as const,
  o: 1,
  h: 1,
  l: 1,
  c: 1,
  v: 1,
  rsi_14: 50,
  macd_hist: 0,
  ema_20: 1,
  ema_50: 1,
  atr_14: 1,
}
const stream = { symbol: 'BTCUSDT', tf: '1h' as const }
const strategies = Array.from({ length: 12 }, (_, index) => ({ id: `s-${index}`, stream }))
const paused = new Set<string>()
let asking = strategies
let intervalMs = 60_000
let readable = true

let server: Server | null = null
afterEach(() => {
  server?.close().closeAllConnections()
  asking = strategies
  intervalMs = 60_000
  readable = true
})

/** Something that answers as the API would, or not. */
async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: { strategyId?: string }) => void,
): Promise<string> {
  server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    request.on('end', () => answer(request, response, JSON.parse(text === '' ? '{}' : text) as { strategyId?: string }))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

function poll(baseUrl: string, clock: Clock, outcomes: PollOutcome[], ready = true): Promise<StrategyPoller> {
  return startPolling({
    clock,
    random: systemRandomness,
    log: createLog('test', 'silent'),
    client: createClient({ baseUrl, token: 'executor-token' }),
    strategies: () => (readable ? Promise.resolve(asking) : Promise.reject(new StorageError('locked', 'spark.db', 'locked'))),
    pollIntervalMs: () => intervalMs,
    due: () => {},
    asks: ({ id }) => !paused.has(id),
    currentRow: () => (ready ? row : null),
    marketNowMs: () => null,
    record: (outcome) => void outcomes.push(outcome),
  })
}

describe('polling', () => {
  it('while the strategies cannot be read, those of the interval before ask', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const outcomes: PollOutcome[] = []
    const poller = await poll(await serve((_request, response) => response.end('{"confid":0.6}')), clock, outcomes)
    readable = false
    await clock.advance(119_000)
    await poller.stop()
    expect(outcomes).toHaveLength(24)
    expect(poller.strategies()).toBe(12)
  })
  it('a paused strategy does not ask, and asks again when it runs', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const asked: (string | undefined)[] = []
    const baseUrl = await serve((_request, response, body) => {
      asked.push(body.strategyId)
      response.end(JSON.stringify({ confid: 0.6 }))
    })
    paused.add('s-0')
    const poller = await poll(baseUrl, clock, [])
    await clock.advance(59_000)
    paused.clear()
    await clock.advance(59_000)
    await poller.stop()
    expect(asked.filter((id) => id === 's-0')).toHaveLength(1)
    expect(asked.filter((id) => id === 's-1')).toHaveLength(2)
  })

  it('who is new asks from the next interval on, spread with the others', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const baseUrl = await serve((_request, response) => response.end(JSON.stringify({ confid: 0.6 })))
    const outcomes: PollOutcome[] = []
    asking = strategies.slice(0, 2)
    const poller = await poll(baseUrl, clock, outcomes)
    await clock.advance(40_000)
    asking = strategies.slice(0, 3)
    await clock.advance(79_000)
    await poller.stop()
    expect(outcomes.map((one) => one.dueMs - 1_700_000_000_000).sort((a, b) => a - b)).toEqual([
      0, 30_000, 60_000, 80_000, 100_000,
    ])
  })

  it('begins another interval at once when it is looked at, and only then', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const outcomes: PollOutcome[] = []
    asking = strategies.slice(0, 2)
    const poller = await poll(await serve((_request, response) => response.end(JSON.stringify({ confid: 0.6 }))), clock, outcomes)
    await clock.advance(10_000)
    poller.lookAtInterval()
    intervalMs = 20_000
    poller.lookAtInterval()
    await clock.advance(25_000)
    intervalMs = 60_000
    await clock.advance(14_000)
    await poller.stop()
    poller.lookAtInterval()
    await clock.advance(60_000)
    expect(outcomes.map((one) => one.dueMs - 1_700_000_000_000).sort((a, b) => a - b)).toEqual([
      0, 10_000, 20_000, 30_000, 40_000,
    ])
  })

  it('asks once per strategy and interval, evenly spread, with the token and a trace', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const asked: { id: string | undefined; atMs: number }[] = []
    const baseUrl = await serve((request, response, body) => {
      expect(request.headers).toMatchObject({
        authorization: 'Bearer executor-token',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-/) as string,
      })
      asked.push({ id: body.strategyId, atMs: clock.monotonicMs() })
      response.end(JSON.stringify({ confid: 0.6 }))
    })
    const outcomes: PollOutcome[] = []
    const poller = await poll(baseUrl, clock, outcomes)
    for (let second = 0; second < 119; second++) await clock.advance(1000)
    await poller.stop()
    expect(asked).toHaveLength(24)
    for (const { id } of strategies) expect(asked.filter((one) => one.id === id)).toHaveLength(2)
    expect(outcomes.map((one) => one.dueMs - 1_700_000_000_000).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 24 }, (_, index) => index * 5000),
    )
    expect(outcomes.every((one) => one.kind === 'ok' && one.confid === 0.6)).toBe(true)
  })

  it.each([
    [
      'a row that cannot be scored',
      (response: ServerResponse) => response.end(JSON.stringify({ confid: 0, _err: 'stale_feature' })),
    ],
    ['an answer of 503', (response: ServerResponse) => response.writeHead(503).end('{}')],
    ['a connection that breaks', (response: ServerResponse) => response.destroy()],
    ['an answer that is no JSON', (response: ServerResponse) => response.end('<html>')],
  ])('counts %s as an error without confidence', async (_what, answer) => {
    const clock = new ManualClock(1_700_000_000_000)
    const outcomes: PollOutcome[] = []
    const poller = await poll(await serve((_request, response) => void answer(response)), clock, outcomes)
    await clock.advance(4999)
    await poller.stop()
    expect(outcomes).toMatchObject([{ kind: 'error', confid: null }])
  })

  it('measures real milliseconds, however fast its clock runs', async () => {
    const real = new ManualClock(1_700_000_000_000)
    const clock = createFastClock(real, { fastMs: real.nowMs(), realMs: real.nowMs(), speed: 60 })
    const outcomes: PollOutcome[] = []
    const answer = (response: ServerResponse) => void real.advance(7).then(() => response.end('{"confid":0.6}'))
    const poller = await poll(await serve((_request, response) => answer(response)), clock, outcomes)
    await poller.stop()
    expect(outcomes).toMatchObject([{ kind: 'ok', latencyMs: 7 }])
  })

  it('measures nothing while the stream warms up', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const outcomes: PollOutcome[] = []
    const poller = await poll('http://127.0.0.1:9', clock, outcomes, false)
    await clock.advance(60_000)
    await poller.stop()
    expect(outcomes).toEqual([])
    expect(poller.counters.notReady).toBe(13)
  })

  it('keeps its rhythm when the wall clock is stepped by a day', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const outcomes: PollOutcome[] = []
    const poller = await poll('http://127.0.0.1:9', clock, outcomes, false)
    clock.step(86_400_000)
    await clock.advance(5000)
    await poller.stop()
    expect(poller.counters.notReady).toBe(2)
  })
})

describe('waiting for the api', () => {
  it('ends when it answers', async () => {
    const baseUrl = await serve((_request, response) => void response.end('{"ok":true}'))
    expect(await waitForApi(createClient({ baseUrl }), systemClock)).toBe(true)
  })

  it('ends after 15 s when it does not', async () => {
    const clock = new ManualClock(0)
    const seen: boolean[] = []
    const waiting = waitForApi(createClient({ baseUrl: 'http://127.0.0.1:9' }), clock).then((found) => seen.push(found))
    while (seen.length === 0) {
      await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(200)
    }
    await waiting
    expect(seen).toEqual([false])
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(15_000)
  })
})
