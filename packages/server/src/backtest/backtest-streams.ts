import { basename } from 'node:path'
import { streamName, type Stream } from '@spark/core/market/candle'
import { FeedError } from '../feed/feed.ts'
import { KlineCursor } from '../feed/kline-cursor.ts'
import { readKlineBytes } from '../feed/kline-file.ts'
import { KlineFileError, streamFromFileName } from '../feed/kline-format.ts'
import { klineFiles } from '../feed/replay-files.ts'

/** The dumps of one stream, by name, which is by time. */
export interface BacktestStream extends Stream {
  files: string[]
}

/** All streams under the paths, files or folders, by name. Rejects with FeedError when there is none, or a name does not say its stream. */
export async function findStreams(paths: readonly string[]): Promise<BacktestStream[]> {
  const streams = new Map<string, BacktestStream>()
  const files = new Set((await Promise.all(paths.map(klineFiles))).flat())
  for (const file of [...files].sort((a, b) => (basename(a) < basename(b) ? -1 : 1))) {
    const { symbol, timeframe } = streamFromFileName(basename(file))
    if (symbol === null || timeframe === null)
      throw new FeedError(`${file}: the name does not say the stream; call it SYMBOL-TIMEFRAME-….csv`)
    const stream = { symbol, tf: timeframe }
    const known = streams.get(streamName(stream))
    if (known === undefined) streams.set(streamName(stream), { ...stream, files: [file] })
    else known.files.push(file)
  }
  if (streams.size === 0) throw new FeedError(`${paths.join(', ')}: no kline dump (.csv, .csv.gz, .zip)`)
  return [...streams.values()].sort((a, b) => (streamName(a) < streamName(b) ? -1 : 1))
}

/** The files of a stream one after the other: one is in memory at a time. Rejects with FeedError. */
export async function* openFiles({ symbol, tf, files }: BacktestStream): AsyncGenerator<KlineCursor> {
  for (const file of files) {
    try {
      yield new KlineCursor(await readKlineBytes(file), { symbol, timeframe: tf })
    } catch (error) {
      if (error instanceof KlineFileError) throw new FeedError(`${file}: ${error.message}`, { cause: error })
      throw error
    }
  }
}
