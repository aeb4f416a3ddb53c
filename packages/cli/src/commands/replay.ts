import type { Command } from 'commander'
import { isTimeframe, TIMEFRAMES } from '@spark/core/market/timeframe'
import { ML_FUSION_1_2, deriveModel, type Model } from '@spark/core/signal/model'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { KlineCursor, type KlineOptions } from '@spark/server/feed/kline-cursor'
import { klineOptionsOf, readKlineBytes } from '@spark/server/feed/kline-file'
import { KlineFileError } from '@spark/server/feed/kline-format'
import { ReplayCursor } from '@spark/server/replay/replay-cursor'
import { sha256 } from '@spark/server/sha256'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'

export interface StreamOptions {
  symbol?: string
  tf?: string
}

/** Overrides of what a file's name says; WrongUsage for a timeframe Spark does not know. */
export function streamOptions({ symbol, tf }: StreamOptions): KlineOptions {
  if (tf !== undefined && !isTimeframe(tf)) throw new WrongUsage(`--tf ${tf}: must be one of ${TIMEFRAMES.join(', ')}`)
  return { ...(symbol === undefined ? {} : { symbol }), ...(tf === undefined ? {} : { timeframe: tf }) }
}

/** Lines are written in pieces of this size. */
const PIECE_CHARACTERS = 1 << 16

export function replayCommand(program: Command, output: Output): void {
  program
    .command('replay')
    .description(
      'Candles in, scores out: one JSON line for each closed candle after the warm-up, in the order of the files. Throughput on standard error.',
    )
    .argument('<files...>', 'kline dumps of one stream, oldest first (csv, gz or zip)')
    .option('--symbol <symbol>', "instead of what the files' names say")
    .option('--tf <timeframe>', 'likewise')
    .option('--quiet', 'only the throughput')
    .addHelpText('after', '\nExample:\n  spark replay BTCUSDT-1h-2018.csv.gz BTCUSDT-1h-2019.csv.gz > scores.ndjson')
    .action(async (files: string[], options: StreamOptions & { quiet?: true }) => {
      const config = loadConfig()
      const model = modelOf(config.weights)
      const replay = new ReplayCursor(model, config.confidFloor)
      const given = streamOptions(options)
      let scores = 0
      let workMs = 0
      let symbol: string | null = null
      for (const path of files) {
        const bytes = await readBytes(path)
        const startedMs = systemClock.monotonicMs()
        const klines = openKlines(path, bytes, given)
        if (symbol !== null && klines.report.symbol !== symbol)
          throw new WrongUsage(`${path} is ${klines.report.symbol ?? 'of no known symbol'}, the files before it are ${symbol}`)
        symbol = klines.report.symbol
        if (symbol === null) throw new WrongUsage(`${path}: the symbol cannot be told from the name; give --symbol`)
        replay.open(klines)
        const prefix = `"symbol":${JSON.stringify(symbol)},"tf":"${klines.report.timeframe}"`
        let piece = ''
        while (replay.next()) {
          scores += 1
          if (options.quiet === true) continue
          piece += scoreLine(replay, prefix, model.version)
          if (piece.length < PIECE_CHARACTERS) continue
          if (!(await output.write(piece))) return
          piece = ''
        }
        workMs += systemClock.monotonicMs() - startedMs
        if (piece !== '' && !(await output.write(piece))) return
        if (klines.report.rejectCount > 0)
          output.note(
            `${path}: ${klines.report.rejectCount} lines refused, the first on line ${klines.report.rejects[0]?.line}: ${klines.report.rejects[0]?.reason}`,
          )
      }
      output.note(
        `${replay.candles} candles, ${scores} scores, model ${model.version}, ${Math.round(workMs)} ms, ${Math.round(replay.candles / (workMs / 1000)).toLocaleString('en')} candles/s`,
      )
    })
}

/** What the score was made from and what came out, so that a line can be checked by itself. */
function scoreLine(replay: ReplayCursor, prefix: string, modelVersion: string): string {
  const { ts, o, h, l, c, v } = replay.candle
  const { parts, score, confid } = replay.fused
  const rest = JSON.stringify({
    o,
    h,
    l,
    c,
    v,
    ...replay.values,
    decision: replay.decision,
    score,
    confid,
    ml_bucket: replay.bucket,
    parts,
    modelVersion,
  })
  return `{"ts":${ts},${prefix},${rest.slice(1)}\n`
}

/** The first model, or the one derived from it by ML_SIGNAL_WEIGHTS. */
export function modelOf(weights: { rsi: number; macd: number; trend: number } | null): Model {
  if (weights === null) return ML_FUSION_1_2
  const derived = deriveModel(ML_FUSION_1_2, weights, sha256)
  if (!derived.ok) throw new WrongUsage(`ML_SIGNAL_WEIGHTS: ${derived.problem}`)
  return derived.model
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readKlineBytes(path)
  } catch (error) {
    if (error instanceof KlineFileError) throw new CheckFailed(`spark: ${error.message}`)
    throw error
  }
}

function openKlines(path: string, bytes: Uint8Array, given: KlineOptions): KlineCursor {
  try {
    return new KlineCursor(bytes, klineOptionsOf(path, given))
  } catch (error) {
    if (error instanceof KlineFileError) throw new CheckFailed(`spark: ${path}: ${error.message}`)
    throw error
  }
}
