import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ArmAccount } from '@spark/core/backtest/arm-account'
import { createIndicatorSet, pushCandle } from '@spark/core/indicators/indicator-set'
import { modelAt } from '@spark/core/learning/learn-weeks'
import { decide } from '@spark/core/signal/decision'
import { fuse } from '@spark/core/signal/fuse'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { createRandom, randomNormal, randomUniform } from '@spark/core/stats/random'
import { baselineDecision } from '@spark/core/trading/decide-position'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { findStreams } from './backtest-streams.ts'
import { runBacktest, type BacktestInput, type BacktestResult } from './run-backtest.ts'
import { backtestHtml } from './report/html.ts'
import { backtestText } from './report/text.ts'

const HOUR = 3_600_000
const FROM = Date.UTC(2023, 10, 1)
const ROWS = 3000
const COSTS = { feeRate: 0.001, halfSpreadRate: 0.0001, slippageRate: 0 }

interface Row {
  ts: number
  o: number
  h: number
  l: number
  c: number
}

function walk(seed: number): Row[] {
  const random = createRandom(seed)
  let price = 100
  return Array.from({ length: ROWS }, (_, at) => {
    const o = price
    const c = o * Math.exp(0.01 * randomNormal(random))
    price = c
    const wick = () => 1 + 0.005 * randomUniform(random)
    return { ts: FROM + at * HOUR, o, h: Math.max(o, c) * wick(), l: Math.min(o, c) / wick(), c }
  })
}

const csv = (rows: readonly Row[]) => rows.map(({ ts, o, h, l, c }) => `${ts},${o},${h},${l},${c},1\n`).join('')

/** Each stream in two files. */
async function backtest(streams: Record<string, readonly Row[]>, changes: Partial<BacktestInput> = {}): Promise<BacktestResult> {
  const folder = temporaryFolder()
  for (const [symbol, rows] of Object.entries(streams)) {
    writeFileSync(join(folder, `${symbol}-1h-1.csv`), csv(rows.slice(0, 1000)))
    writeFileSync(join(folder, `${symbol}-1h-2.csv`), csv(rows.slice(1000)))
  }
  const usual = { model: ML_FUSION_1_2, floor: 0.55, costs: COSTS, weightsFixed: false, learn: true, learnTo: null }
  return runBacktest({ streams: await findStreams([folder]), ...usual, ...changes }, () => {})
}

const armOf = (result: BacktestResult, name: string) => {
  const arm = result.arms.find(({ arm: one }) => one === name)
  if (arm === undefined) throw new Error(`no arm ${name}`)
  return arm
}

const plain = (header: readonly string[], rows: readonly (readonly string[])[]) =>
  [header, ...rows].map((row) => row.join('|')).join('\n')

describe('a backtest', () => {
  it('trades the baseline as the rule says, candle by candle', async () => {
    const rows = walk(1)
    const account = new ArmAccount(COSTS)
    const indicators = createIndicatorSet('1h')
    for (const { ts, o, h, l, c } of rows) {
      account.open(o)
      const values = pushCandle(indicators, { ts, o, h, l, c, v: 1 })
      if (values !== null) account.decide(baselineDecision(values))
    }
    const { whole, years, points, open } = armOf(await backtest({ BTCUSDT: rows }, { learn: false }), 'baseline')
    const { netReturn, grossReturn, ...counts } = account.totals()
    expect(whole.totals).toMatchObject(counts)
    expect(whole.totals.netReturn).toBeCloseTo(netReturn, 12)
    expect(whole.totals.grossReturn).toBeCloseTo(grossReturn, 12)
    expect(whole.totals.trades).toBeGreaterThan(10)
    expect(points.at(-1)?.equity).toBeCloseTo(account.equity(rows.at(-1)?.c ?? 0), 9)
    expect(years.map(({ fromTs }) => new Date(fromTs).getUTCFullYear())).toEqual([2023, 2024])
    expect(years.reduce((sum, { totals }) => sum + totals.trades, 0)).toBe(whole.totals.trades)
    expect(years.reduce((sum, year) => sum + year.netReturn, 0)).toBeCloseTo(whole.netReturn, 9)
    expect(whole.totals.netReturn + open.return).toBeCloseTo(whole.netReturn, 9)
  })

  it('trades learned by the model of each week, from its Monday on', async () => {
    const rows = walk(1)
    const result = await backtest({ BTCUSDT: rows }, { floor: 0 })
    const account = new ArmAccount(COSTS)
    const indicators = createIndicatorSet('1h')
    for (const { ts, o, h, l, c } of rows) {
      account.open(o)
      const values = pushCandle(indicators, { ts, o, h, l, c, v: 1 })
      if (values === null) continue
      const { score, confid } = fuse(modelAt(ML_FUSION_1_2, result.weeks, ts), { h, l, c, ...values })
      account.decide(decide(score, confid, 0))
    }
    const { trades, wins, candlesHeld } = account.totals()
    expect(armOf(result, 'learned').whole.totals).toMatchObject({ trades, wins, candlesHeld })
    expect(armOf(result, 'ml').whole.totals.trades).not.toBe(trades)
  })

  it('does not look ahead: other candles at the end change nothing before them, in any arm', async () => {
    const rows = walk(1)
    const other = walk(9)
    const day = Math.floor((0.75 * ROWS) / 24)
    const changed = [...rows.slice(0, day * 24), ...rows.slice(day * 24).map(({ ts }, at) => ({ ...(other[at] as Row), ts }))]
    // Without a floor the learned arm has an opinion at every candle.
    const floor = 0
    const [before, after] = [await backtest({ BTCUSDT: rows }, { floor }), await backtest({ BTCUSDT: changed }, { floor })]
    for (const { arm, points } of before.arms) expect(armOf(after, arm).points.slice(0, day)).toEqual(points.slice(0, day))
    const untilThen = (result: BacktestResult) => result.weeks.filter(({ fromTs }) => fromTs <= FROM + day * 24 * HOUR)
    expect(untilThen(before).length).toBeGreaterThan(2)
    expect(untilThen(after)).toEqual(untilThen(before))
  })

  it('shares the capital among its streams, and knows what was read', async () => {
    const [one, two] = [walk(1), walk(2)]
    const both = await backtest({ BTCUSDT: one, ETHUSDT: two })
    const alone = [await backtest({ BTCUSDT: one }), await backtest({ ETHUSDT: two })]
    for (const arm of ['baseline', 'ml'])
      expect(armOf(both, arm).whole.netReturn).toBeCloseTo(
        alone.reduce((sum, result) => sum + armOf(result, arm).whole.netReturn, 0) / 2,
        9,
      )
    expect(both.streams).toEqual([
      { name: 'BTCUSDT-1h', files: 2, candles: ROWS, refusedLines: 0 },
      { name: 'ETHUSDT-1h', files: 2, candles: ROWS, refusedLines: 0 },
    ])
  })

  it('says of a market without an edge that acting on it lost, and that the first model was too sure of itself', async () => {
    const result = await backtest({ BTCUSDT: walk(1), ETHUSDT: walk(2) })
    const { comparison } = result
    expect(comparison?.gain.low).toBeGreaterThan(0)
    expect(comparison?.first.netReturn.mean).toBeLessThan(0)
    const text = backtestText(result, plain)
    expect(text).toMatch(/On \d+ labels from 2023-\d\d-\d\d to 2024-03-\d\d, learned says better than ml what will come/)
    expect(text).toMatch(/^Whoever acts on every score of ml loses [\d.]+ bp a label after costs/m)
    expect(text).toMatch(/^baseline\|all\|/m)
    const page = backtestHtml(result)
    expect(page).toContain('<path class="arm-learned" d="M0 ')
    expect(page).not.toMatch(/NaN|undefined|<script|https?:/)
  })

  it('learns nothing after the time it is told, and judges on what comes then', async () => {
    const learnTo = FROM + 80 * 24 * HOUR
    const { weeks, comparison } = await backtest({ BTCUSDT: walk(1) }, { learnTo })
    const all = await backtest({ BTCUSDT: walk(1) })
    expect(weeks.length).toBeGreaterThan(2)
    expect(weeks.slice(0, -1)).toEqual(all.weeks.slice(0, weeks.length - 1))
    expect(weeks.length).toBeLessThan(all.weeks.length)
    expect(weeks.at(-1)?.model.labelWindow?.toTs).toBeLessThan(learnTo)
    expect(comparison?.fromTs).toBeGreaterThanOrEqual(learnTo)
  })

  it('has no learned arm and no labels when it is not to learn', async () => {
    const result = await backtest({ BTCUSDT: walk(1) }, { learn: false })
    expect(result.arms.map(({ arm }) => arm)).toEqual(['baseline', 'ml'])
    expect(result).toMatchObject({ weeks: [], comparison: null })
    expect(backtestText(result, plain)).not.toContain('learned')
  })

  it('says why it cannot read: no dumps, a name without its stream, a file that is none', async () => {
    const folder = temporaryFolder()
    await expect(findStreams([folder])).rejects.toThrow('no kline dump')
    writeFileSync(join(folder, 'candles.csv'), csv(walk(1)))
    await expect(findStreams([folder])).rejects.toThrow('candles.csv: the name does not say the stream')
    const broken = join(temporaryFolder(), 'BTCUSDT-1h-1.csv')
    writeFileSync(broken, 'nothing')
    const input = { model: ML_FUSION_1_2, floor: 0.55, costs: COSTS, weightsFixed: false, learn: false, learnTo: null }
    await expect(runBacktest({ streams: await findStreams([broken]), ...input }, () => {})).rejects.toThrow('no kline row')
  })
})
