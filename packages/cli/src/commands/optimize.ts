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
} from '@spark/core/learning/search'
import type { TradeFigures } from '@spark/core/learning/trade-figures'
import { FOLDS_MAX } from '@spark/core/learning/walk-forward'
import { readScoredSeries } from '@spark/server/backtest/scored-series'
import { loadConfig, type Config } from '@spark/server/config'
import { numberOption, wholeOption } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { checkTimeframe, costsOf, onStreams, withRecordedOptions, type RecordedOptions } from '../recorded.ts'
import { table } from '../table.ts'
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
  json?: true
}

export function optimizeCommand(program: Command, output: Output): void {
  withRecordedOptions(program.command('optimize'))
    .description(
      'Searches floor, barriers, expiry and size of a strategy by walk-forward on recorded candles, after costs. Prints a proposal with what it earned out of sample; changes nothing. Ctrl-C stops it.',
    )
    .option('--floors <list>', 'confidences', '0.55,0.6,0.65,0.7,0.75')
    .option('--profits <list>', 'ATR from the entry to the profit', '1,1.5,2,3')
    .option('--stops <list>', 'ATR from the entry to the stop', '1,1.5,2')
    .option('--expiries <list>', 'candles', '6,12,24')
    .option('--risks <list>', 'share of the capital that a stop may lose; all: the whole capital is used', 'all,0.01')
    .option('--folds <n>', 'tests, each behind its training', '5')
    .option('--embargo <candles>', 'kept free between training and test; at least the longest expiry', '24')
    .option('--json', 'the proposal as JSON')
    .addHelpText('after', '\nExample:\n  spark optimize candles/BTCUSDT --tf 1h --floors 0.55,0.65 --profits 1,2')
    .action(async (paths: string[], options: OptimizeOptions) => {
      const config = loadConfig()
      const request = requestOf(options, config)
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

type Request = Pick<SearchInput, 'space' | 'current' | 'costs' | 'folds'> & { embargoCandles: number }

function requestOf(options: OptimizeOptions, config: Config): Request {
  checkTimeframe(options)
  const space: SearchSpace = {
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

const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`)
const day = (ts: number): string => new Date(ts).toISOString().slice(0, 10)

function proposalText({ rule, outOfSample, current, trials, deflatedSharpe, folds, said }: SearchProposal): string {
  const head = ['', 'rule', 'trades', 'won', 'net bp a trade', 'net return', 'drawdown', 'Sharpe a trade']
  return [
    table(head, [
      ...folds.map(({ testFromTs, testToTs, rule: chosen, test }) =>
        row(`${day(testFromTs)} to ${day(testToTs)}`, chosen === null ? 'none' : ruleText(chosen), test),
      ),
      row('all tests', 'as chosen in training', outOfSample),
      row('all tests', 'in use now', current),
    ]),
    '',
    `${said}.`,
    deflatedSharpe === null
      ? 'Too few trades for a deflated Sharpe ratio.'
      : `Deflated Sharpe ratio ${deflatedSharpe.toFixed(3)}: ${deflatedSharpe >= 0.95 ? 'better than' : 'no better than'} the luck of ${trials} trials would have it.`,
    proposalSentence(rule, outOfSample),
  ].join('\n')
}

function proposalSentence(rule: TradeRule | null, { netReturn }: TradeFigures): string {
  if (rule === null) return 'No proposal.'
  const best = `On all candles the best rule is ${ruleText(rule)}`
  if (netReturn > 0) return `${best}. This is a proposal; nothing was changed.`
  return `${best}; but out of sample what was chosen so earned nothing, so there is no reason to change to it.`
}

function ruleText({ floor, profitAtrs, stopAtrs, expiryCandles, riskShare }: TradeRule): string {
  const size = riskShare === null ? 'whole capital' : `risk ${percent(riskShare)}`
  return `floor ${floor}, profit ${profitAtrs} ATR, stop ${stopAtrs} ATR, ${expiryCandles} candles, ${size}`
}

function row(
  period: string,
  rule: string,
  { trades, hitRate, meanNetReturn, netReturn, maxDrawdown, sharpe }: TradeFigures,
): string[] {
  return [
    period,
    rule,
    String(trades),
    percent(hitRate),
    meanNetReturn === null ? '-' : (10_000 * meanNetReturn).toFixed(1),
    percent(netReturn),
    percent(maxDrawdown),
    sharpe === null ? '-' : sharpe.toFixed(3),
  ]
}
