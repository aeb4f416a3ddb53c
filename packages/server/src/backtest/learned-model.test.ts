import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { findStreams } from './backtest-streams.ts'
import { runBacktest, type BacktestResult } from './run-backtest.ts'
import { sentences } from './report/words.ts'

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT', 'XRPUSDT']
const folders = SYMBOLS.map((symbol) =>
  join(fileURLToPath(new URL('../../../../../shared/data/candles/spot', import.meta.url)), symbol, '1h'),
)
const present = folders.every((folder) => existsSync(folder))

// Real candles of 1h: fitted on 2018 to 2020, judged on 2021 and 2022 at the costs of the paper venue.
describe.skipIf(!present)('a model learned on real candles (skipped: ../shared/data is absent)', () => {
  let result: BacktestResult
  beforeAll(async () => {
    const streams = (await findStreams(folders)).map(({ files, ...stream }) => ({
      ...stream,
      files: files.filter((file) => /-20(18|19|20|21|22)\./.test(basename(file))),
    }))
    const costs = { feeRate: 0.001, halfSpreadRate: 0.0001, slippageRate: 0 }
    const learnTo = Date.UTC(2021, 0, 1)
    result = await runBacktest(
      { streams, model: ML_FUSION_1_2, floor: 0.55, costs, weightsFixed: false, learn: true, learnTo },
      () => {},
    )
  }, 120_000)

  it('has a lower log-loss than ml-fusion-1.2 on the years after, surely so when weeks are resampled whole', () => {
    const { comparison } = result
    expect(comparison?.labels).toBeGreaterThan(20_000)
    expect(comparison?.second.reliability.means.logLoss).toBeLessThan(comparison?.first.reliability.means.logLoss ?? 0)
    expect(comparison?.gain.low).toBeGreaterThan(0)
  })

  it('is calibrated as far as so many labels can show, which ml-fusion-1.2 is not', () => {
    const { comparison } = result
    const within = (name: 'first' | 'second') => {
      const model = comparison?.[name]
      return (model?.reliability.calibrationError ?? 1) <= (model?.calibrationNull.percentile95 ?? 0)
    }
    expect(within('second')).toBe(true)
    expect(within('first')).toBe(false)
  })

  it('says in plain words that acting on every score loses after costs, by either model', () => {
    const said = sentences(result).join('\n')
    expect(said).toMatch(/Whoever acts on every score of ml loses \d+\.\d bp a label after costs/)
    expect(said).toMatch(/Whoever acts on every score of learned loses \d+\.\d bp a label after costs/)
  })
})
