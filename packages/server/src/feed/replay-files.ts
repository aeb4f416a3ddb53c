import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { streamName, type Stream } from '@spark/core/market/candle'
import { FeedError } from './feed.ts'
import { readKlineFile } from './kline-file.ts'
import { KlineFileError, streamFromFileName } from './kline-format.ts'
import type { KlineReport } from './kline-report.ts'
import type { KlineColumns } from './parse-klines.ts'

/** All rows of one stream, from one file or several, by time; of a time that several files hold, one row is kept: that of the file that begins first. */
export interface ReplaySeries {
  stream: Stream
  columns: KlineColumns
}

/** Files of a folder that are read; more is a wrong path. */
const FILES_MAX = 10_000
const KLINE_NAME = /\.(csv|csv\.gz|zip)$/

/**
 * Reads the kline dumps under the paths, files or folders with their folders. With `streams` only files of those are read.
 * Rejects with FeedError when there is none, or one cannot be read or does not say which stream it is.
 */
export async function readReplayFiles(
  paths: readonly string[],
  streams: readonly Stream[] | null,
): Promise<{ series: ReplaySeries[]; reports: { file: string; report: KlineReport }[] }> {
  const wanted = streams === null ? null : new Set(streams.map(streamName))
  const parts = new Map<string, { stream: Stream; columns: KlineColumns[] }>()
  const reports: { file: string; report: KlineReport }[] = []
  const files = new Set((await Promise.all(paths.map(klineFiles))).flat())
  for (const file of files) {
    if (!mayHold(file, wanted)) continue
    const { columns, report } = await readOrFail(file)
    if (report.symbol === null) throw new FeedError(`${file}: the name does not say the symbol; call it SYMBOL-TIMEFRAME-….csv`)
    const stream: Stream = { symbol: report.symbol, tf: report.timeframe }
    if (wanted !== null && !wanted.has(streamName(stream))) continue
    reports.push({ file, report })
    const part = parts.get(streamName(stream)) ?? { stream, columns: [] }
    part.columns.push(columns)
    parts.set(streamName(stream), part)
  }
  if (parts.size === 0)
    throw new FeedError(
      `${paths.join(', ')}: no kline dump (.csv, .csv.gz, .zip)${wanted ? ` of ${[...wanted].join(', ')}` : ''}`,
    )
  return { series: [...parts.values()].map(({ stream, columns }) => ({ stream, columns: joinColumns(columns) })), reports }
}

/** A file whose name already says another stream need not be opened. */
function mayHold(file: string, wanted: ReadonlySet<string> | null): boolean {
  const { symbol, timeframe } = streamFromFileName(basename(file))
  return wanted === null || symbol === null || timeframe === null || wanted.has(streamName({ symbol, tf: timeframe }))
}

/** The path itself when it is a file, else the kline dumps under it, by name. Rejects with FeedError. */
export async function klineFiles(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = await readdir(path, { recursive: true })
    const files = names.filter((name) => KLINE_NAME.test(name)).sort()
    if (files.length > FILES_MAX) throw new FeedError(`${path}: ${files.length} kline dumps, more than ${FILES_MAX}`)
    return files.map((name) => join(path, name))
  } catch (error) {
    if (error instanceof FeedError) throw error
    throw new FeedError(`${path}: cannot be read`, { cause: error })
  }
}

async function readOrFail(file: string): ReturnType<typeof readKlineFile> {
  try {
    return await readKlineFile(file)
  } catch (error) {
    if (error instanceof KlineFileError) throw new FeedError(error.message, { cause: error })
    throw error
  }
}

/** One series of several: files that follow each other are put end to end, others are sorted by time. */
function joinColumns(parts: readonly KlineColumns[]): KlineColumns {
  const inOrder = parts.toSorted((a, b) => (a.ts[0] ?? 0) - (b.ts[0] ?? 0))
  const joined = buildColumns((name) => concatenate(inOrder.map((part) => part[name])))
  const { ts } = joined
  if (ts.every((time, row) => row === 0 || time > (ts[row - 1] as number))) return joined
  const rows = Uint32Array.from(ts, (_, row) => row).sort((a, b) => (ts[a] as number) - (ts[b] as number) || a - b)
  const kept = rows.filter((row, index) => index === 0 || ts[row] !== ts[rows[index - 1] as number])
  return buildColumns((name) => Float64Array.from(kept, (row) => joined[name][row] as number))
}

function buildColumns(build: (name: Exclude<keyof KlineColumns, 'length'>) => Float64Array): KlineColumns {
  const ts = build('ts')
  const [o, h, l, c] = [build('o'), build('h'), build('l'), build('c')]
  return { length: ts.length, ts, o, h, l, c, v: build('v'), closeTs: build('closeTs') }
}

function concatenate(columns: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(columns.reduce((length, column) => length + column.length, 0))
  let offset = 0
  for (const column of columns) {
    joined.set(column, offset)
    offset += column.length
  }
  return joined
}
