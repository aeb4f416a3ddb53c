import { afterEach, describe, expect, it } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import type { MlAnswer } from '@spark/core/trading/decide-position'
import { START_MS, openPath, type PathFixture, type PathOptions } from './orders/order-path-fixture.ts'
import type { Trading } from './trading.ts'

const STREAM = { symbol: 'BTCUSDT', tf: '1h' as const }
const HOUR = 3_600_000
let fixture: PathFixture
let trading: Trading
/** What the api answers, by strategy; absent: nobody answers. */
let ml: Record<string, MlAnswer>
afterEach(() => fixture.close())

const says = (decision: -1 | 0 | 1): MlAnswer => ({ decision, advisory: false, error: null })

async function open(options: PathOptions = {}): Promise<void> {
  ml = {}
  fixture = await openPath({ strategies: 2, askMl: async ({ id }) => ml[id] ?? null, ...options })
  await fixture.price('BTCUSDT', 50_000)
  trading = await fixture.trade()
}
/** A candle closes and says `baseline`; then the market trades at its close. */
async function close(baseline: -1 | 0 | 1, c = 50_000): Promise<void> {
  // Whole hours, so that each candle closes at the fixture's now.
  fixture.clock.step(HOUR)
  const ts = fixture.clock.nowMs() - HOUR
  fixture.prices.set('BTCUSDT', { price: c, ts: ts + HOUR - 1 })
  const row = {
    ...STREAM,
    ts,
    o: c,
    h: c,
    l: c,
    c,
    v: 1,
    rsi_14: 50,
    macd_hist: 0,
    ema_20: 100 + baseline,
    ema_50: 100,
    atr_14: 1,
  }
  await trading.onClosedRow(STREAM, row)
  await fixture.price('BTCUSDT', c)
}
const expose = (id: string, exposed = 1) =>
  fixture.path.db.updateTable('strategy').set({ exposed }).where('id', '=', id).execute()
const held = async () =>
  (await fixture.path.positions.open()).map(({ strategyId, arm, quantity }) => `${strategyId} ${arm} ${quantity}`)
const orders = async () =>
  (await fixture.path.orders.list({ limit: 100 }))
    .map(({ strategyId, side, arm, quantity, state }) => `${strategyId} ${side} ${arm} ${quantity} ${state}`)
    .sort()
/** What the audit says of the last decision of a strategy. */
const lastOf = (id: string) => fixture.decisions.findLast(({ strategyId }) => strategyId === id)?.context

describe('arms', () => {
  it('both decisions are recorded where ML is exposed, and the one that counts is named', async () => {
    await open()
    await expose('s0')
    ml = { s0: says(-1), s1: says(-1) }
    await close(1)
    expect(lastOf('s0')).toMatchObject({
      baseline: 1,
      ml: says(-1),
      exposed: true,
      arm: 'ml',
      action: 'keep',
      reason: 'already_flat',
    })
    // Nobody asks for a strategy outside the share.
    expect(lastOf('s1')).toMatchObject({ baseline: 1, ml: null, exposed: false, arm: 'baseline', action: 'enter', long: false })
    expect(await held()).toEqual(['s1 baseline 0.02'])
  })

  it('a newly exposed strategy acts on ML once its baseline position is closed, and its profit stays with the arm that opened', async () => {
    await open({ strategies: 1 })
    await close(1)
    await expose('s0')
    ml = { s0: says(-1) }
    await close(1)
    expect(lastOf('s0')).toMatchObject({ arm: 'baseline', action: 'keep', ml: says(-1) })
    expect(await held()).toEqual(['s0 baseline 0.02'])
    ml = { s0: says(1) }
    await close(-1)
    expect(await held()).toEqual([])
    await close(-1)
    expect(lastOf('s0')).toMatchObject({ arm: 'ml', action: 'enter', baseline: -1 })
    expect(await held()).toEqual(['s0 ml 0.02'])
    ml = { s0: says(-1) }
    await close(1)
    expect((await fixture.path.positions.profits()).map(({ arm, fills }) => `${arm} ${fills}`)).toEqual(['baseline 2', 'ml 2'])
  })

  it('with ML off, an ML position is closed by the baseline, and nobody asks', async () => {
    await open({ strategies: 1 })
    await expose('s0')
    ml = { s0: says(1) }
    await close(-1)
    await fixture.path.db.updateTable('rollout_epoch').set({ ml_off: 1 }).execute()
    await close(1)
    expect(lastOf('s0')).toMatchObject({ arm: 'baseline', ml: null, action: 'keep', reason: 'already_long' })
    await close(-1)
    expect(await orders()).toEqual(['s0 buy ml 0.02 filled', 's0 sell baseline 0.02 filled'])
    expect((await fixture.path.positions.profits()).map(({ arm }) => arm)).toEqual(['ml'])
  })

  it('ML that was asked before a rollback does not enter after it, neither at the venue nor inside', async () => {
    await open({
      askMl: async () => {
        await fixture.path.risk.raiseEpoch(fixture.path.db, { mlOff: false, nowMs: fixture.clock.nowMs() })
        await fixture.path.risk.leaseExposure(fixture.path.db, fixture.clock.nowMs() + 30_000)
        return says(1)
      },
    })
    await close(1)
    expect(await held()).toEqual(['s0 baseline 0.02', 's1 baseline 0.02'])
    await close(-1)
    await expose('s0')
    const { epoch } = await fixture.path.risk.epoch(fixture.path.db)
    await close(1)
    const [entry] = await fixture.path.orders.list({ limit: 1, strategyId: 's0' })
    expect(entry).toMatchObject({ arm: 'ml', state: 'rejected', reason: 'old_epoch', epoch })
  })

  it.each([
    ['advisory', { ...says(1), advisory: true }],
    ['score_error', { ...says(1), error: 'stale_feature' }],
    ['no_answer', null],
    ['no_opinion', says(0)],
  ])('%s changes no position', async (reason, answer) => {
    await open({ strategies: 1 })
    await expose('s0')
    ml = answer === null ? {} : { s0: answer }
    await close(1)
    expect(lastOf('s0')).toMatchObject({ action: 'keep', reason, ml: answer })
    expect(await orders()).toEqual([])
  })
})

describe('positions', () => {
  it('are long or flat, not resized while held, and kept when there is no opinion', async () => {
    await open({ strategies: 1 })
    await close(1, 50_000)
    await fixture.path.db.updateTable('strategy').set({ capital: '4000' }).execute()
    await close(1, 20_000)
    await close(0, 90_000)
    expect(await held()).toEqual(['s0 baseline 0.02'])
    await close(-1, 50_000)
    await close(-1, 50_000)
    expect(await held()).toEqual([])
    expect(await orders()).toEqual(['s0 buy baseline 0.02 filled', 's0 sell baseline 0.02 filled'])
  })

  it('are sub-ledgers of one account: each its own, and their sum is what the venue holds', async () => {
    await open({ strategies: 3 })
    for (const [id, capital] of [
      ['s0', '1000'],
      ['s1', '500'],
      ['s2', '250'],
    ] as const)
      await fixture.path.db.updateTable('strategy').set({ capital }).where('id', '=', id).execute()
    await close(1)
    expect(await held()).toEqual(['s0 baseline 0.02', 's1 baseline 0.01', 's2 baseline 0.005'])
    const atVenue = async () => (await fixture.venue.balances()).find(({ asset }) => asset === 'BTC')?.free
    expect(await atVenue()).toBe('0.035')
    await fixture.path.db.updateTable('strategy').set({ status: 'paused' }).where('id', '!=', 's1').execute()
    await close(-1)
    expect(await held()).toEqual(['s0 baseline 0.02', 's2 baseline 0.005'])
    expect(await atVenue()).toBe('0.025')
    await fixture.pass(10_000)
    expect(await fixture.path.venues.halt(fixture.path.db, 'paper')).toBeNull()
  })

  it('opposite wishes of one moment meet inside: nothing of them goes to the venue', async () => {
    await open()
    await expose('s1')
    ml = { s1: says(1) }
    await close(-1)
    expect(await held()).toEqual(['s1 ml 0.02'])
    ml = { s1: says(-1) }
    await close(1, 50_000)
    expect(await held()).toEqual(['s0 baseline 0.02'])
    const fills = await fixture.path.positions.fills({ limit: 10 })
    expect(fills.map(({ venue, side, price, fee }) => `${venue} ${side} ${Number(price)} ${fee}`).sort()).toEqual([
      'inside buy 50000 0',
      'inside sell 50000 0',
      expect.stringMatching(/^paper buy/),
    ])
    expect(await fixture.venue.fills('BTCUSDT', 0)).toHaveLength(1)
  })

  it('too small to be sold count as flat', async () => {
    await open({ strategies: 1 })
    await fixture.path.db.updateTable('strategy').set({ capital: '6' }).execute()
    await close(1, 50_000)
    expect(await held()).toEqual(['s0 baseline 0.00012'])
    await close(-1, 40_000)
    expect(lastOf('s0')).toMatchObject({ action: 'keep', reason: 'already_flat', long: false })
    // Its cost still counts: no second entry beyond the capital.
    await close(1, 40_000)
    expect((await fixture.path.orders.list({ limit: 1 }))[0]).toMatchObject({ state: 'rejected', reason: 'risk_capital' })
  })

  it('are not opened with a capital below the smallest order', async () => {
    await open({ strategies: 1 })
    await fixture.path.db.updateTable('strategy').set({ capital: '4.99' }).execute()
    await close(1)
    expect(lastOf('s0')).toMatchObject({ action: 'enter' })
    expect(await orders()).toEqual([])
  })
})

describe('a strategy', () => {
  it('decides once a candle, whatever is told twice', async () => {
    await open({ strategies: 1 })
    const ts = START_MS - HOUR
    const row = { ...STREAM, ts, o: 5e4, h: 5e4, l: 5e4, c: 5e4, v: 1, rsi_14: 50, macd_hist: 0, ema_20: 2, ema_50: 1, atr_14: 1 }
    for (const ema_50 of [1, 3, 1]) await trading.onClosedRow(STREAM, { ...row, ema_50 })
    await trading.onClosedRow(STREAM, { ...row, ts: ts - HOUR, ema_50: 3 })
    expect(fixture.decisions).toHaveLength(1)
    expect(await orders()).toEqual(['s0 buy baseline 0.02 acknowledged'])
  })

  it('that is paused or stopped keeps what it holds and decides nothing; started, it decides at its next candle', async () => {
    await open({ strategies: 1 })
    const { path } = fixture
    await close(1)
    for (const status of ['paused', 'stopped'] as const) {
      await path.strategies.setStatus(path.db, 's0', status, 'by hand', START_MS)
      await close(-1)
    }
    expect([fixture.decisions.length, await held()]).toEqual([1, ['s0 baseline 0.02']])
    await path.strategies.setStatus(path.db, 's0', 'running', null, START_MS)
    await close(-1)
    expect(await held()).toEqual([])
  })

  it('that is not armed decides and sends nothing where real money is', async () => {
    await open()
    fixture.path.live = true
    await fixture.path.db.updateTable('strategy').set({ mode: 'live' }).where('id', '=', 's1').execute()
    await close(1)
    expect(fixture.decisions).toHaveLength(2)
    expect(await orders()).toEqual(['s1 buy baseline 0.02 filled'])
  })

  it('that closed its candle before a start decides on it while what it says may be traded, and not later', async () => {
    await open({ strategies: 1 })
    const late = { ...STREAM, o: 5e4, h: 5e4, l: 5e4, c: 5e4, v: 1, rsi_14: 50, macd_hist: 0, ema_20: 2, ema_50: 1, atr_14: 1 }
    // An hour's candle may be traded for five minutes.
    await trading.onClosedRow(STREAM, { ...late, ts: START_MS - HOUR - 300_001 }, true)
    expect(fixture.decisions).toEqual([])
    await trading.onClosedRow(STREAM, { ...late, ts: START_MS - HOUR - 300_000 }, true)
    expect(await orders()).toEqual(['s0 buy baseline 0.02 acknowledged'])
  })
})

it('a fee in the base asset makes the position smaller: all of it can be sold, and what is left is written off', async () => {
  await open({ strategies: 1 })
  const { path } = fixture
  await close(1)
  // As an exchange that takes its fee in what was bought: 0.02 less a thousandth and a crumb below the lot.
  await path.db.updateTable('position').set({ quantity: '0.0199799' }).execute()
  await close(-1)
  expect(await held()).toEqual([])
  const [sold] = await path.positions.fills({ limit: 1 })
  expect(new Decimal(sold?.quantity ?? 0).toString()).toBe('0.01997')
})
