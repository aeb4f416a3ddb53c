import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { TIME_FORMS } from '@spark/contract/time'
import type { TradingCosts } from '@spark/core/calibration/labels'
import { runBacktest } from '@spark/server/backtest/run-backtest'
import { backtestHtml } from '@spark/server/backtest/report/html'
import { backtestText } from '@spark/server/backtest/report/text'
import { sentences } from '@spark/server/backtest/report/words'
import { systemClock } from '@spark/server/clock'
import { loadConfig, type Config } from '@spark/server/config'
import { fileOption, numberOption, timeOption } from '../options.ts'
import { WrongUsage, type Output } from '../output.ts'
import { checkTimeframe, costsOf, onStreams, withRecordedOptions, type RecordedOptions } from '../recorded.ts'
import { table } from '../table.ts'
import { modelOf } from './replay.ts'

interface BacktestOptions extends RecordedOptions {
  floor?: string
  learn: boolean
  learnTo?: string
  json?: true
  html?: string
  out?: string
}

export function backtestCommand(program: Command, output: Output): void {
  withRecordedOptions(program.command('backtest'))
    .description(
      'What each arm would have earned on recorded candles after costs: baseline, ml, and ml that learns week by week from what was known by then. A table, and what came of it in plain words.',
    )
    .option('--floor <confidence>', 'below it ml has no opinion; default: ML_CONFID_FLOOR')
    .option('--no-learn', 'without the arm that learns: each file is read once, and memory does not grow with candles')
    .option('--learn-to <time>', `learned stays as it is from then on, and is judged on what comes after; ${TIME_FORMS}`)
    .option('--json', 'the report as JSON')
    .option('--html <file>', 'also write the report as one page with a chart')
    .option('--out <file>', 'write the report there instead of standard output')
    .addHelpText('after', '\nExample:\n  spark backtest candles/BTCUSDT candles/ETHUSDT --tf 1h --html backtest.html')
    .action(async (paths: string[], options: BacktestOptions) => {
      const config = loadConfig()
      const { html, out, ...request } = requestOf(options, config)
      const { weights } = config
      const startedMs = systemClock.monotonicMs()
      const result = await onStreams(paths, options, (streams) =>
        runBacktest(
          { streams, model: modelOf(weights), weightsFixed: weights !== null, learn: options.learn, ...request },
          (name) => process.stderr.isTTY && output.note(name),
        ),
      )
      const workMs = systemClock.monotonicMs() - startedMs
      const candles = result.streams.reduce((sum, stream) => sum + stream.candles, 0)
      output.note(
        `${candles} candles, ${Math.round(workMs)} ms, ${Math.round(candles / (workMs / 1000)).toLocaleString('en')} candles/s`,
      )
      if (html !== null) writeFileSync(html, backtestHtml(result))
      const text = options.json === true ? JSON.stringify(result) : backtestText(result, table)
      if (out === null) return output.line(text)
      writeFileSync(out, `${text}\n`)
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

function requestOf(options: BacktestOptions, config: Config): Request {
  const { floor, learn, learnTo, html, out } = options
  checkTimeframe(options)
  if (learnTo !== undefined && !learn) throw new WrongUsage('--learn-to and --no-learn: give one of them')
  return {
    learnTo: learnTo === undefined ? null : timeOption('--learn-to', learnTo),
    floor: floor === undefined ? config.confidFloor : numberOption('--floor', floor, 0, 1),
    costs: costsOf(options, config),
    html: html === undefined ? null : fileOption('--html', html),
    out: out === undefined ? null : fileOption('--out', out),
  }
}
