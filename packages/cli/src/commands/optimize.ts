import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { DEFAULT_BARRIERS, EXPIRY_CANDLES_MAX } from '@spark/core/calibration/labels'
import type { ScoredSeries, TradeRule } from '@spark/core/learning/barrier-trades'
import {
  searchRules,
  trialsOf,
  TRIALS_MAX,
  type SearchInput,
  type SearchProposal,
  type SearchSpace,
  USUAL_EMBARGO_CANDLES,
  USUAL_FOLDS,
  USUAL_SPACE,
} from '@spark/core/learning/search'
import { FOLDS_MAX } from '@spark/core/learning/walk-forward'
import { readScoredSeries } from '@spark/server/backtest/scored-series'
import { loadConfig, type Config } from '@spark/server/config'
import { numberOption, wholeOption } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { checkTimeframe, costsOf, onStreams, withRecordedOptions, type RecordedOptions } from '../recorded.ts'
import { proposalText } from '../proposal-text.ts'
import { optimizeStrategy } from './optimize-strategy.ts'
import { modelOf } from './replay.ts'

/** Values an option may list. */
const LISTED_MAX = 50
/** A day of 1m. */
const EMBARGO_CANDLES_MAX = 1440

interface OptimizeOptions extends RecordedOptions {
  floors: string
  profits: string
  stops: string
  expiries: string
  risks: string
  folds: string
  embargo: string
  reason: string
  json?: true
}

export function optimizeCommand(program: Command, output: Output): void {
  withRecordedOptions(program.command('optimize'))
    .description(
      'Searches floor, barriers, expiry and size of a strategy by walk-forward, after costs: of a strategy by its name on stored candles, in a process of the executor; or on recorded candles here. Prints a proposal with what it earned out of sample; changes nothing. Ctrl-C stops it.',
    )
    .option('--floors <list>', 'confidences', USUAL_SPACE.floors.join())
    .option('--profits <list>', 'ATR from the entry to the profit', USUAL_SPACE.profitAtrs.join())
    .option('--stops <list>', 'ATR from the entry to the stop', USUAL_SPACE.stopAtrs.join())
    .option('--expiries <list>', 'candles', USUAL_SPACE.expiryCandles.join())
    .option(
      '--risks <list>',
      'share of the capital that a stop may lose; all: the whole capital is used',
      USUAL_SPACE.riskShares.map((share) => share ?? 'all').join(),
    )
    .option('--folds <n>', 'tests, each behind its training', String(USUAL_FOLDS))
    .option(
      '--embargo <candles>',
      'kept free between training and test; at least the longest expiry',
      String(USUAL_EMBARGO_CANDLES),
    )
    .option('--json', 'the proposal as JSON')
    .option('--reason <text>', 'of a strategy: kept in the audit', 'by hand')
    .addHelpText(
      'after',
      '\nExamples:\n  spark optimize btcusdt-1h-1\n  spark optimize candles/BTCUSDT --tf 1h --floors 0.55,0.65 --profits 1,2',
    )
    .action(async (paths: string[], options: OptimizeOptions) => {
      const config = loadConfig()
      const request = requestOf(options, config)
      const [first = ''] = paths
      if (paths.length === 1 && !existsSync(first)) {
        const { space, folds, embargoCandles } = request
        return optimizeStrategy(output, first, { space, folds, embargoCandles, reason: options.reason }, options.json === true)
      }
      const model = modelOf(config.weights)
      const series = await onStreams(paths, options, async (streams) => {
        const read: ScoredSeries[] = []
        for (const stream of streams) read.push(await readScoredSeries(stream, model))
        return read
      })
      const embargoMs = request.embargoCandles * Math.max(...series.map(({ lengthMs }) => lengthMs))
      const proposal = searchOrFail({ ...request, series, embargoMs })
      output.line(options.json === true ? JSON.stringify(proposal) : proposalText(proposal))
    })
}

type Request = Pick<SearchInput, 'current' | 'costs' | 'folds'> & { space: Lists; embargoCandles: number }
type Lists = { -readonly [List in keyof SearchSpace]: SearchSpace[List][number][] }

function requestOf(options: OptimizeOptions, config: Config): Request {
  checkTimeframe(options)
  const space: Lists = {
    floors: listOption('--floors', options.floors, 0, 1),
    profitAtrs: listOption('--profits', options.profits, 0.1, 100),
    stopAtrs: listOption('--stops', options.stops, 0.1, 100),
    expiryCandles: listOption('--expiries', options.expiries, 1, EXPIRY_CANDLES_MAX, wholeOption),
    riskShares: options.risks.split(',').map((text) => (text === 'all' ? null : numberOption('--risks', text, 0.0001, 1))),
  }
  const current: TradeRule = { floor: config.confidFloor, ...DEFAULT_BARRIERS, riskShare: null }
  try {
    trialsOf(space, current)
  } catch {
    throw new WrongUsage(`the lists have more than ${TRIALS_MAX} combinations: make them shorter`)
  }
  return {
    space,
    current,
    costs: costsOf(options, config),
    folds: wholeOption('--folds', options.folds, 1, FOLDS_MAX),
    embargoCandles: wholeOption('--embargo', options.embargo, 0, EMBARGO_CANDLES_MAX),
  }
}

function listOption(option: string, text: string, min: number, max: number, one = numberOption): number[] {
  const fields = text.split(',')
  if (fields.length > LISTED_MAX) throw new WrongUsage(`${option}: more than ${LISTED_MAX} values`)
  return fields.map((field) => one(option, field, min, max))
}

function searchOrFail(input: SearchInput): SearchProposal {
  const { stderr } = process
  try {
    const search = searchRules(input)
    for (;;) {
      const step = search.next()
      if (step.done === true) return step.value
      if (stderr.isTTY) stderr.write(`\r${step.value.done} of ${step.value.total} rules tried\u001b[K`)
    }
  } catch (error) {
    if (error instanceof RangeError) throw new CheckFailed(`spark: ${error.message}: give more candles or fewer folds`)
    throw error
  } finally {
    if (stderr.isTTY) stderr.write('\r\u001b[K')
  }
}
