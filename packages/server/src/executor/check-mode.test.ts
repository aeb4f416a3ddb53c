import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { modeProblems, type ModeFacts } from './check-mode.ts'
import { checkMode } from './open-venue.ts'

const ready: ModeFacts = {
  live: true,
  venue: 'ccxt:binance',
  boundVenue: 'ccxt:binance',
  hasKeys: true,
  risk: {
    allowedSymbols: ['BTCUSDT'],
    maxOrderNotional: 100,
    maxStrategyNotional: 100,
    maxTotalNotional: 1000,
    maxOrdersPerMinute: 10,
    maxDailyLoss: 50,
    maxDrawdownPercent: 5,
  },
  armed: 1,
}

const { maxDailyLoss: _, ...withoutDailyLoss } = ready.risk ?? {}

describe('live mode', () => {
  it('starts when keys, limits and armed strategies are there', () => {
    expect(modeProblems(ready)).toEqual([])
  })

  it.each([
    ['no keys', { hasKeys: false }, /spark keys add ccxt:binance --live/],
    ['no limits', { risk: undefined }, /allowedSymbols, maxOrderNotional, .*maxDrawdownPercent/],
    ['one limit less', { risk: withoutDailyLoss }, /missing: maxDailyLoss$/],
    ['nothing armed', { armed: 0 }, /spark strategies arm/],
    ['a paper book', { boundVenue: 'paper' }, /book of "paper".*SPARK_DATA_DIR/],
    ['a testnet book', { boundVenue: 'ccxt:binance testnet' }, /testnet/],
  ])('refuses with %s, and says what is missing', (_what, change, expected) => {
    const problems = modeProblems({ ...ready, ...change })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(expected)
  })

  it('says all at once', () => {
    expect(modeProblems({ ...ready, hasKeys: false, risk: {}, armed: 0, boundVenue: 'paper' })).toHaveLength(4)
  })
})

describe('paper mode', () => {
  const paper: ModeFacts = { live: false, venue: 'paper', boundVenue: 'paper', hasKeys: false, risk: undefined, armed: 0 }
  it('needs nothing, on a new data folder or on its own', () => {
    expect(modeProblems(paper)).toEqual([])
    expect(modeProblems({ ...paper, boundVenue: null })).toEqual([])
  })
  it('on a testnet needs its keys, and never opens a live book', () => {
    const testnet = { ...paper, venue: 'ccxt:binance testnet', boundVenue: 'ccxt:binance' }
    expect(modeProblems(testnet)).toEqual([
      expect.stringMatching(/book of "ccxt:binance"/),
      expect.stringMatching(/keys add ccxt:binance$/),
    ])
  })
})

it('a data folder belongs to the venue of its first start that was not refused', async () => {
  const database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  const file = { strategies: [{ id: 's', symbol: 'BTCUSDT', tf: '1h' as const }] }
  const check = (venueName: string, live: boolean) => checkMode({ live, venueName, file }, database, systemClock)
  await expect(check('ccxt:binance', true)).rejects.toThrow('keys add ccxt:binance --live')
  await check('paper', false)
  await check('paper', false)
  await expect(check('ccxt:binance', true)).rejects.toThrow('the book of "paper"')
  await database.close()
})
