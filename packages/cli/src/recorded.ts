import type { Command } from 'commander'
import type { TradingCosts } from '@spark/core/calibration/labels'
import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { findStreams, type BacktestStream } from '@spark/server/backtest/backtest-streams'
import type { Config } from '@spark/server/config'
import { FeedError } from '@spark/server/feed/feed'
import { paperCosts } from '@spark/server/paper-costs'
import { numberOption } from './options.ts'
import { CheckFailed, WrongUsage } from './output.ts'

const BPS_MAX = 1000

/** What commands on recorded candles take. */
export interface RecordedOptions {
  symbol?: string
  tf?: string
  feeBps?: string
  slippageBps?: string
}

export function withRecordedOptions(command: Command): Command {
  return command
    .argument('<paths...>', 'kline dumps or folders of them (csv, gz or zip), named SYMBOL-TIMEFRAME-….csv')
    .option('--symbol <symbol>', 'of what is there only this symbol')
    .option('--tf <timeframe>', 'likewise, only this timeframe')
    .option('--fee-bps <n>', 'fee of each side, in basis points; default: that of the paper venue')
    .option('--slippage-bps <n>', 'what each side is filled worse by, half the spread included; default likewise')
}

/** Of each side; WrongUsage for what cannot be a cost. */
export function costsOf({ feeBps, slippageBps }: RecordedOptions, { file }: Config): TradingCosts {
  const fee = feeBps === undefined ? null : numberOption('--fee-bps', feeBps, 0, BPS_MAX)
  const slippage = slippageBps === undefined ? null : numberOption('--slippage-bps', slippageBps, 0, BPS_MAX)
  const usual = paperCosts(file)
  return {
    ...usual,
    ...(fee !== null && { feeRate: fee / 10_000 }),
    ...(slippage !== null && { slippageRate: slippage / 10_000 }),
  }
}

/** WrongUsage for a timeframe Spark does not know. */
export function checkTimeframe({ tf }: RecordedOptions): void {
  if (tf !== undefined && !TIMEFRAMES.some((one) => one === tf))
    throw new WrongUsage(`--tf ${tf}: must be one of ${TIMEFRAMES.join(', ')}`)
}

/** Finds the streams that are wanted and works on them; CheckFailed when there is none or one cannot be read. */
export async function onStreams<Result>(
  paths: readonly string[],
  { symbol, tf }: RecordedOptions,
  work: (streams: BacktestStream[]) => Promise<Result>,
): Promise<Result> {
  const wanted = (stream: BacktestStream) => (symbol ?? stream.symbol) === stream.symbol && (tf ?? stream.tf) === stream.tf
  try {
    const streams = (await findStreams(paths)).filter(wanted)
    if (streams.length === 0) throw new FeedError(`${paths.join(', ')}: nothing of ${[symbol, tf].filter(Boolean).join(' ')}`)
    return await work(streams)
  } catch (error) {
    if (error instanceof FeedError) throw new CheckFailed(`spark: ${error.message}`)
    throw error
  }
}
