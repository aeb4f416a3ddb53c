import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { createAlerts } from '../notify/alerts.ts'
import { systemRandomness } from '../random.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createExchangeKeyStore } from '../storage/exchange-key-store.ts'
import { createJobRunStore } from '../storage/job-run-store.ts'
import { createTradingStores, type TradingStores } from '../storage/trading-stores.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

let api: ApiFixture
let database: MainDatabase
let stores: TradingStores
beforeAll(async () => {
  api = await startApi()
  database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  stores = createTradingStores(database.db)
})
beforeEach(async () => {
  for (const table of ['queue_job', 'job_run', 'audit_outbox', 'strategy', 'kill_switch', 'alert'] as const)
    await database.db.deleteFrom(table).execute()
})
afterAll(async () => {
  await database.close()
  await api.remove()
})

interface Answer {
  status: number
  [field: string]: unknown
}
const call = async (method: 'GET' | 'POST', url: string, payload?: object, token = api.tokens.operator): Promise<Answer> => {
  const response = await api.app.inject({
    method,
    url,
    ...(payload !== undefined && { payload }),
    headers: { host: 'localhost', ...(token !== '' && { authorization: `Bearer ${token}` }) },
  })
  return { status: response.statusCode, ...(response.json() as object) }
}
const get = (url: string, token?: string) => call('GET', url, undefined, token)
const post = (url: string, payload: object, token?: string) => call('POST', url, payload, token)
const audited = async () =>
  (await stores.outbox.next(100)).map(({ event }) => `${event.action} ${event.actor} ${JSON.stringify(event.context)}`)
const jobs = async () =>
  (await database.db.selectFrom('queue_job').select(['queue', 'payload']).execute()).map((row) => row.queue)
const BTC = { id: 'mine', symbol: 'BTCUSDT', tf: '1h' }

describe('strategies', () => {
  it('are created once, and changed with before and after in the audit', async () => {
    expect(await post('/api/strategies', BTC)).toMatchObject({
      status: 200,
      needsRestart: false,
      strategy: { id: 'mine', name: 'mine', capital: '1000', mode: 'paper', status: 'running', exposed: false },
    })
    expect(await post('/api/strategies', { ...BTC, capital: '5' })).toMatchObject({ status: 409, code: 'id_taken' })
    expect((await stores.strategies.get('mine'))?.capital).toBe('1000')
    expect(await post('/api/strategies/mine', { mode: 'live', capital: '250.5', reason: 'proved' })).toMatchObject({
      strategy: { mode: 'live', capital: '250.5', name: 'mine' },
    })
    expect(await audited()).toEqual([
      'strategy.created operator {"symbol":"BTCUSDT","tf":"1h","capital":"1000","mode":"paper","reason":null}',
      'strategy.changed operator {"before":{"name":"mine","capital":"1000","mode":"paper"},"after":{"name":"mine","capital":"250.5","mode":"live"},"reason":"proved"}',
    ])
  })

  it('on a stream that nobody listens to say that the executor must be restarted', async () => {
    expect(await post('/api/strategies', { id: 'new', symbol: 'ADAUSDT', tf: '5m' })).toMatchObject({ needsRestart: true })
    expect(await post('/api/strategies', { id: 'new-2', symbol: 'ADAUSDT', tf: '5m' })).toMatchObject({ needsRestart: false })
  })

  it.each([
    ['no amount', { ...BTC, capital: '0' }],
    ['a negative amount', { ...BTC, capital: '-5' }],
    ['no number', { ...BTC, capital: 'NaN' }],
    ['a number with an exponent', { ...BTC, capital: '1e308' }],
    ['another timeframe', { ...BTC, tf: '7m' }],
    ['an id with a path in it', { ...BTC, id: '../x' }],
    ['an unknown field', { ...BTC, exposed: true }],
  ])('with %s are refused', async (_what, body) => {
    expect(await post('/api/strategies', body)).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await stores.strategies.list()).toEqual([])
  })

  it('that do not exist cannot be changed, and nothing cannot be changed', async () => {
    expect(await post('/api/strategies/nobody', { mode: 'live' })).toMatchObject({ status: 404, code: 'unknown_id' })
    await post('/api/strategies', BTC)
    for (const nothing of [{}, { reason: 'r' }])
      expect(await post('/api/strategies/mine', nothing)).toMatchObject({ status: 400, code: 'bad_request' })
    expect((await audited()).map((line) => line.split(' ')[0])).toEqual(['strategy.created'])
    expect(await post('/api/strategies/mine', { mode: 'live' }, '')).toMatchObject({ status: 401 })
  })
})

describe('the kill switch', () => {
  it('is set with a job that cancels, told by risk, and lifted only when typed twice', async () => {
    expect(await post('/api/rollout/kill', { scope: 'all', reason: 'odd fills' })).toEqual({ status: 200, ok: true })
    expect(await jobs()).toEqual(['order'])
    expect(await get('/api/risk')).toMatchObject({ killSwitches: [{ scope: 'all', reason: 'odd fills', actor: 'operator' }] })
    expect(await post('/api/rollout/unkill', { scope: 'all', reason: 'fixed', confirm: 'yes' })).toMatchObject({
      code: 'confirmation_missing',
    })
    expect(await post('/api/rollout/unkill', { scope: 'all', reason: 'fixed', confirm: 'all' })).toMatchObject({ ok: true })
    expect(await post('/api/rollout/unkill', { scope: 'all', reason: 'fixed', confirm: 'all' })).toMatchObject({ status: 404 })
    expect(await get('/api/risk')).toMatchObject({ killSwitches: [] })
    expect((await audited()).map((line) => line.slice(0, 12))).toEqual(['kill.set ope', 'kill.lifted '])
  })

  it('with a scope that stops nothing is refused', async () => {
    for (const scope of ['strategy:nobody', 'venue:binance', 'venue:', 'everything'])
      expect((await post('/api/rollout/kill', { scope, reason: 'r' }))['ok'], scope).toBeUndefined()
    await post('/api/strategies', BTC)
    expect(await post('/api/rollout/kill', { scope: 'strategy:mine', reason: 'r' })).toMatchObject({ ok: true })
    expect(await post('/api/rollout/kill', { scope: 'venue:paper', reason: 'r' })).toMatchObject({ ok: true })
    expect(await post('/api/rollout/kill', { scope: 'all', reason: 'r' }, '')).toMatchObject({ status: 401 })
  })
})

describe('jobs', () => {
  it('show their last and next run, and are run on demand', async () => {
    const runs = createJobRunStore(database.db)
    await runs.end(await runs.begin('backup', 5), 'failed', 'disk full', 9)
    const { items } = await get('/api/jobs')
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'backup',
          lastRun: { startedAt: 5, endedAt: 9, outcome: 'failed', detail: 'disk full', askedBy: null },
        }),
        expect.objectContaining({ name: 'integrity', lastRun: null, nextRun: expect.any(Number) as number }),
      ]),
    )
    expect(await post('/api/jobs/backup/run', {})).toMatchObject({ ok: true })
    expect(await jobs()).toEqual(['job'])
    expect(await post('/api/jobs/format-disk/run', {})).toMatchObject({ status: 404 })
  })

  it('of verifying the audit is asked for once, however often somebody asks before it has ended, and each question is audited', async () => {
    const runs = createJobRunStore(database.db)
    const ask = (token?: string) => post('/api/audit/verify', { reason: 'the auditor is here' }, token)
    const waiting = async () =>
      (await database.db.selectFrom('queue_job').select('payload').execute()).map(({ payload }) => payload)
    expect(await ask('')).toMatchObject({ status: 401 })
    for (let times = 0; times < 3; times++) expect(await ask()).toMatchObject({ ok: true })
    expect(await waiting()).toEqual(['{"job":"integrity","askedBy":"operator"}'])
    expect(await audited()).toEqual(
      Array.from({ length: 3 }, () => 'audit.verify_asked operator {"reason":"the auditor is here"}'),
    )
    await database.db.deleteFrom('queue_job').execute()
    const run = await runs.begin('integrity', 7, 'operator')
    await ask()
    expect(await waiting()).toEqual([])
    await runs.end(run, 'done', 'whole', 9)
    await ask()
    expect(await waiting()).toHaveLength(1)
    const { items } = await get('/api/jobs')
    expect(items).toContainEqual(
      expect.objectContaining({ name: 'integrity', lastRun: expect.objectContaining({ askedBy: 'operator' }) as object }),
    )
  })
})

it('keys are listed by hint, for who has a token', async () => {
  const keys = createExchangeKeyStore(database.db)
  await keys.put(database.db, { venue: 'ccxt:binance', hint: 'abcd', sealed: 'SEALED', createdAt: 3 })
  expect(await get('/api/keys', '')).toMatchObject({ status: 401 })
  expect(await get('/api/keys')).toEqual({ status: 200, items: [{ venue: 'ccxt:binance', hint: 'abcd', createdAt: 3 }] })
})

it('the paper account takes no deposit', async () => {
  const flow = { asset: 'USDT', amount: '500', reason: 'r' }
  expect(await post('/api/account/flow', flow)).toMatchObject({ status: 400, code: 'bad_request' })
  for (const amount of ['0', '-0.00', '1e5', 'Infinity', '1,5'])
    expect((await post('/api/account/flow', { ...flow, amount })).status, amount).toBe(400)
})

it('a deposit or withdrawal at an exchange changes our book, never below 0, and the audit says why', async () => {
  const exchange = await startApi({ SPARK_VENUE: 'ccxt:binance', SPARK_FEED: 'ccxt:binance' })
  const other = await openMainDatabase({ path: exchange.config.databasePath, thread: true })
  const { venues, outbox } = createTradingStores(other.db)
  const flow = async (asset: string, amount: string) => {
    const { statusCode, body } = await exchange.app.inject({
      method: 'POST',
      url: '/api/account/flow',
      payload: { asset, amount, reason: 'topped up' },
      headers: { host: 'localhost', authorization: `Bearer ${exchange.tokens.operator}` },
    })
    return `${statusCode} ${body}`
  }
  const name = 'ccxt:binance testnet'
  expect(await flow('USDT', '5')).toMatch(/^400 .*until then there is no book/)
  await venues.open(other.db, name, new Map([['USDT', '100.5']]), 1)
  expect(await flow('USDT', '400.25')).toMatch(/^200/)
  expect(await flow('USDT', '-500.75')).toMatch(/^200/)
  expect(await flow('USDT', '-0.01')).toMatch(/^400 .*our book holds 0 USDT/)
  expect(await flow('BTC', '-1')).toMatch(/^400 .*our book holds 0 BTC/)
  expect([...(await venues.balances(name))]).toEqual([['USDT', '0']])
  const flows = (await outbox.next(10)).filter(({ event }) => event.action === 'account.flow')
  expect(flows.map(({ event }) => event.context)).toEqual([
    { venue: name, asset: 'USDT', amount: '400.25', reason: 'topped up' },
    { venue: name, asset: 'USDT', amount: '-500.75', reason: 'topped up' },
  ])
  await other.close()
  await exchange.remove()
})

it('the newest alert is public, without its message', async () => {
  const clock = new ManualClock(1000)
  const rules = alertRulesOf(api.config)
  const alerts = createAlerts({ db: database.db, rules, clock, random: systemRandomness })
  expect(await get('/api/public/alert/last', '')).toMatchObject({ status: 'DEMO', last: { at: null, value: null } })
  const alert = { severity: 'red' as const, code: 'venue_halted', scope: 'venue:paper', message: 'USDT differs by 5' }
  await alerts.raise(database.db, alert)
  clock.step(1000)
  await alerts.raise(database.db, alert)
  const answer = await get('/api/public/alert/last', '')
  expect(answer).toMatchObject({
    last: { at: 2000, value: { ts: 1000, lastTs: 2000, severity: 'red', state: 'firing', code: 'venue_halted', count: 2 } },
  })
  expect(JSON.stringify(answer)).not.toContain('differs')
})
