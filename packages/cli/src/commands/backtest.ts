import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { TradingCosts } from '@spark/core/calibration/labels'
import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { findStreams, type BacktestStream } from '@spark/server/backtest/backtest-streams'
import { runBacktest, type BacktestResult } from '@spark/server/backtest/run-backtest'
import { backtestHtml } from '@spark/server/backtest/report/html'
import { backtestText } from '@spark/server/backtest/report/text'
import { sentences } from '@spark/server/backtest/report/words'
import { TIME_FORMS } from '@spark/contract/time'
import { systemClock } from '@spark/server/clock'
import { loadConfig, type Config } from '@spark/server/config'
import { FeedError } from '@spark/server/feed/feed'
import { PAPER_TERMS } from '@spark/server/venue/paper-venue'
import { fileOption, numberOption, timeOption } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'
import { modelOf } from './replay.ts'

const BPS_MAX = 1000

interface BacktestOptions {
  symbol?: string
  tf?: string
  floor?: string
  feeBps?: string
  slippageBps?: string
  learn: boolean
  learnTo?: string
  json?: true
  html?: string
  out?: string
}

export function backtestCommand(program: Command, output: Output): void {
  program
    .command('backtest')
    .description(
      'What each arm would have earned on recorded candles after costs: baseline, ml, and ml that learns week by week from what was known by then. A table, and what came of it in plain words.',
    )
    .argument('<paths...>', 'kline dumps or folders of them (csv, gz or zip), named SYMBOL-TIMEFRAME-….csv')
    .option('--symbol <symbol>', 'of what is there only this symbol')
    .option('--tf <timeframe>', 'likewise, only this timeframe')
    .option('--floor <confidence>', 'below it ml has no opinion; default: ML_CONFID_FLOOR')
    .option('--fee-bps <n>', 'fee of each side, in basis points; default: that of the paper venue')
    .option('--slippage-bps <n>', 'what each side is filled worse by, half the spread included; default likewise')
    .option('--no-learn', 'without the arm that learns: each file is read once, and memory does not grow with candles')
    .option('--learn-to <time>', `learned stays as it is from then on, and is judged on what comes after; ${TIME_FORMS}`)
    .option('--json', 'the report as JSON')
    .option('--html <file>', 'also write the report as one page with a chart')
    .option('--out <file>', 'write the report there instead of standard output')
    .addHelpText('after', '\nExample:\n  spark backtest candles/BTCUSDT candles/ETHUSDT --tf 1h --html backtest.html')
    .action(async (paths: string[], options: BacktestOptions) => {
      const config = loadConfig()
      const request = requestOf(options, config)
      const startedMs = systemClock.monotonicMs()
      const result = await backtestOrFail(paths, options, request, config, output)
      const workMs = systemClock.monotonicMs() - startedMs
      const candles = result.streams.reduce((sum, stream) => sum + stream.candles, 0)
      output.note(
        `${candles} candles, ${Math.round(workMs)} ms, ${Math.round(candles / (workMs / 1000)).toLocaleString('en')} candles/s`,
      )
      if (request.html !== null) writeFileSync(request.html, backtestHtml(result))
      const text = options.json === true ? JSON.stringify(result) : backtestText(result, table)
      if (request.out === null) return output.line(text)
      writeFileSync(request.out, `${text}\n`)
      for (const sentence of sentences(result)) output.line(sentence)
    })
}

interface Request {
  learnTo: number | null
  floor: number
  costs: TradingCosts
  html: string | null
  out: string | null
}

function requestOf(
  { tf, floor, feeBps, slippageBps, learn, learnTo, html, out }: BacktestOptions,
  { confidFloor, file }: Config,
): Request {
  if (tf !== undefined && !TIMEFRAMES.some((one) => one === tf))
    throw new WrongUsage(`--tf ${tf}: must be one of ${TIMEFRAMES.join(', ')}`)
  if (learnTo !== undefined && !learn) throw new WrongUsage('--learn-to and --no-learn: give one of them')
  const rate = (bps: number) => bps / 10_000
  const feeRate =
    feeBps === undefined
      ? Number(file.paper?.feeRate ?? PAPER_TERMS.feeRate)
      : rate(numberOption('--fee-bps', feeBps, 0, BPS_MAX))
  const slippage =
    slippageBps === undefined
      ? Number(file.paper?.halfSpreadBps ?? PAPER_TERMS.halfSpreadBps)
      : numberOption('--slippage-bps', slippageBps, 0, BPS_MAX)
  return {
    floor: floor === undefined ? confidFloor : numberOption('--floor', floor, 0, 1),
    costs: { feeRate, halfSpreadRate: 0, slippageRate: rate(slippage) },
    learnTo: learnTo === undefined ? null : timeOption('--learn-to', learnTo),
    html: html === undefined ? null : fileOption('--html', html),
    out: out === undefined ? null : fileOption('--out', out),
  }
}

async function backtestOrFail(
  paths: readonly string[],
  { symbol, tf, learn }: BacktestOptions,
  { floor, costs, learnTo }: Request,
  { weights }: Config,
  output: Output,
): Promise<BacktestResult> {
  const wanted = (stream: BacktestStream) => (symbol ?? stream.symbol) === stream.symbol && (tf ?? stream.tf) === stream.tf
  try {
    const streams = (await findStreams(paths)).filter(wanted)
    if (streams.length === 0) throw new FeedError(`${paths.join(', ')}: nothing of ${[symbol, tf].filter(Boolean).join(' ')}`)
    const input = { streams, model: modelOf(weights), floor, costs, weightsFixed: weights !== null, learn, learnTo }
    return await runBacktest(input, (name) => process.stderr.isTTY && output.note(name))
  } catch (error) {
    if (error instanceof FeedError) throw new CheckFailed(`spark: ${error.message}`)
    throw error
  }
}
