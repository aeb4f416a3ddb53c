import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { readKlineFile } from './kline-file.ts'

const data = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'spark-klines-'))
afterAll(() => rmSync(folder, { recursive: true }))

const csv = Buffer.from('1514764800000,10,12,9,11,5\n1514768400000,11,12,9,10,5\n')
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

interface ManifestEntry {
  file: string
  symbol: string
  timeframe: string
  rows: number
  first_open: string
  last_open: string
  gaps: [string, number][]
  missing: number
  zero_volume_rows: number
  short_close_time_rows: number
}

describe('reading kline files', () => {
  it.skipIf(!existsSync(data))('agrees with the manifest of the real candles on every file', async () => {
    const entries = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as ManifestEntry[]
    expect(entries.length).toBe(62)
    for (const entry of entries) {
      const { columns, report } = await readKlineFile(join(data, entry.file))
      const { rejects, rejectCount, shortCandles, gaps, firstTs, lastTs, ...rest } = report
      expect({
        ...rest,
        gaps: gaps.map((gap) => [gap.firstMissingTs, gap.missing]),
        first: firstTs,
        last: lastTs,
        short: shortCandles.length,
        rejects,
        rejectCount,
      }).toEqual({
        symbol: entry.symbol,
        timeframe: entry.timeframe,
        rows: entry.rows,
        missing: entry.missing,
        zeroVolumeRows: entry.zero_volume_rows,
        gaps: entry.gaps.map(([time, missing]) => [Date.parse(time), missing]),
        first: Date.parse(entry.first_open),
        last: Date.parse(entry.last_open),
        short: entry.short_close_time_rows,
        rejects: [],
        rejectCount: 0,
      })
      expect(columns.length).toBe(entry.rows)
    }
  })

  it('reads plain, gz and zip alike, whatever the ending says', async () => {
    const paths = [
      file('AUSDT-1h-a.csv', csv),
      file('AUSDT-1h-b.csv.gz', gzipSync(csv)),
      file('AUSDT-1h-c.zip', zipSync({ 'AUSDT-1h-c.csv': csv, 'AUSDT-1h-c.csv.CHECKSUM': Buffer.from('x') })),
      file('AUSDT-1h-d.csv', gzipSync(csv)),
    ]
    const results = await Promise.all(paths.map((path) => readKlineFile(path)))
    expect(new Set(results.map(({ report, columns }) => JSON.stringify([report, [...columns.c]]))).size).toBe(1)
    expect(results[0]?.report).toMatchObject({ symbol: 'AUSDT', timeframe: '1h', rows: 2 })
  })

  it('takes the timeframe from the rows when the name is silent, and the caller over both', async () => {
    const path = file('dump.csv', csv)
    expect((await readKlineFile(path)).report).toMatchObject({ symbol: null, timeframe: '1h' })
    const named = file('AUSDT-1h-x.csv', csv)
    const overridden = await readKlineFile(named, { symbol: 'BUSDT', timeframe: '30m' })
    expect(overridden.report).toMatchObject({ symbol: 'BUSDT', timeframe: '30m', missing: 1 })
  })

  it('refuses to unpack more than the limit', async () => {
    const large = Buffer.concat(Array.from({ length: 100 }, () => csv))
    for (const path of [file('l.csv', large), file('l.gz', gzipSync(large)), file('l.zip', zipSync({ 'l.csv': large }))])
      await expect(readKlineFile(path, { maxUnpackedBytes: 1000 })).rejects.toThrow(/limit of 1000/)
  })

  it('names the file when it is absent, damaged or holds no single csv', async () => {
    const damagedGzip = file('bad.csv.gz', gzipSync(csv).subarray(0, 30))
    const damagedZip = file('bad.zip', zipSync({ 'a.csv': csv }).subarray(0, 40))
    const twoFiles = file('two.zip', zipSync({ 'a.csv': csv, 'b.csv': csv }))
    await expect(readKlineFile(join(folder, 'absent.csv'))).rejects.toThrow(/absent\.csv: cannot be read/)
    await expect(readKlineFile(damagedGzip)).rejects.toThrow(/bad\.csv\.gz: is damaged/)
    await expect(readKlineFile(damagedZip)).rejects.toThrow(/bad\.zip: is damaged/)
    await expect(readKlineFile(twoFiles)).rejects.toThrow(/holds 2 \.csv files/)
  })
})
