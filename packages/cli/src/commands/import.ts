import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { readKlineFile } from '@spark/server/feed/kline-file'
import { KlineFileError } from '@spark/server/feed/kline-format'
import type { KlineReport } from '@spark/server/feed/kline-report'
import { candleAt, type KlineColumns } from '@spark/server/feed/parse-klines'
import { createCandleStore, type CandleStore } from '@spark/server/storage/candle-store'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { CheckFailed, type Output } from '../output.ts'
import { streamOptions, type StreamOptions } from './replay.ts'

interface ImportOptions extends StreamOptions {
  replace?: true
  json?: true
}

interface FileResult {
  file: string
  symbol: string
  timeframe: string
  rows: number
  inserted: number
  unchanged: number
  differing: number
  first: string | null
  last: string | null
  gaps: { first_missing: string; missing: number }[]
  missing: number
  short_candles: string[]
  zero_volume_rows: number
  rejects: { line: number; reason: string }[]
  reject_count: number
}

/** Candles a transaction: short enough that a running executor never waits long. */
const CHUNK = 2000

export function importCommand(program: Command, output: Output): void {
  program
    .command('import')
    .description(
      'Stores candles from kline dumps: with or without header, ms or microsecond or text times, csv, gz or zip. Importing again changes nothing.',
    )
    .argument('<files...>', 'kline dumps, SYMBOL-TIMEFRAME-….csv(.gz|.zip)')
    .option('--symbol <symbol>', "instead of what the file's name says")
    .option('--tf <timeframe>', 'likewise')
    .option('--replace', 'where stored values differ, take those of the file')
    .option('--json', 'one JSON line a file')
    .addHelpText('after', '\nExample:\n  spark import BTCUSDT-1h-2018.csv.gz')
    .action(async (files: string[], options: ImportOptions) => {
      const given = streamOptions(options)
      const config = loadConfig()
      const database = await openMainDatabase({ path: config.databasePath, thread: false })
      const failures: string[] = []
      try {
        const store = createCandleStore(database.db)
        for (const path of files) {
          try {
            const { columns, report } = await readKlineFile(path, given)
            const result = await storeFile(store, path, columns, report, options.replace === true)
            output.line(options.json === true ? JSON.stringify(result) : resultText(result))
          } catch (error) {
            if (!(error instanceof KlineFileError)) throw error
            failures.push(error.message)
            output.note(`spark: ${error.message}`)
          }
        }
      } finally {
        await database.close()
      }
      if (failures.length > 0) throw new CheckFailed(`${failures.length} of ${files.length} files could not be imported`)
    })
}

async function storeFile(
  store: CandleStore,
  path: string,
  columns: KlineColumns,
  report: KlineReport,
  replace: boolean,
): Promise<FileResult> {
  const { symbol, timeframe } = report
  if (symbol === null) throw new KlineFileError(`${path}: the symbol cannot be told from the name; give --symbol`)
  const counts = { inserted: 0, unchanged: 0, differing: 0 }
  for (let start = 0; start < columns.length; start += CHUNK) {
    const length = Math.min(CHUNK, columns.length - start)
    const candles = Array.from({ length }, (_, index) => {
      const closeTs = columns.closeTs[start + index] ?? Number.NaN
      return { ...candleAt(columns, start + index), ...(Number.isNaN(closeTs) ? {} : { closeTs }) }
    })
    const stored = await store.putAll({ symbol, tf: timeframe }, candles, 'import', { replace })
    counts.inserted += stored.inserted
    counts.unchanged += stored.unchanged
    counts.differing += stored.differing.length
  }
  return {
    file: path,
    symbol,
    timeframe,
    rows: report.rows,
    ...counts,
    first: report.firstTs === null ? null : minute(report.firstTs),
    last: report.lastTs === null ? null : minute(report.lastTs),
    gaps: report.gaps.map((gap) => ({ first_missing: minute(gap.firstMissingTs), missing: gap.missing })),
    missing: report.missing,
    short_candles: report.shortCandles.map(minute),
    zero_volume_rows: report.zeroVolumeRows,
    rejects: report.rejects,
    reject_count: report.rejectCount,
  }
}

/** 2018-02-08T01:00Z: candles open on whole minutes. */
function minute(ts: number): string {
  return `${new Date(ts).toISOString().slice(0, 16)}Z`
}

function resultText(result: FileResult): string {
  const lines = [
    `${result.file}: ${result.symbol} ${result.timeframe}, ${result.rows} rows from ${result.first ?? '-'} to ${result.last ?? '-'}`,
    `  ${result.inserted} stored, ${result.unchanged} stored before${result.differing > 0 ? `, ${result.differing} differ from what is stored (--replace takes the file's)` : ''}`,
    `  ${result.gaps.length} gaps, ${result.missing} candles missing${result.gaps.length > 0 ? `: ${result.gaps.map((gap) => `${gap.first_missing} (${gap.missing})`).join(', ')}` : ''}`,
    `  ${result.short_candles.length} short candles, ${result.zero_volume_rows} without volume`,
  ]
  if (result.reject_count > 0)
    lines.push(
      `  ${result.reject_count} lines refused:`,
      ...result.rejects.slice(0, 20).map(({ line, reason }) => `    line ${line}: ${reason}`),
    )
  return lines.join('\n')
}
