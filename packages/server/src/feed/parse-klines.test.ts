import { readdirSync, readFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candleAt, firstRowAt, parseKlines } from './parse-klines.ts'

const samples = fileURLToPath(new URL('../../../../../shared/data/format_samples/', import.meta.url))
const HOUR = 3_600_000
const START = 1_514_764_800_000

const row = (ts: number | string, rest = '10,12,9,11,5'): string => `${ts},${rest}\n`
const parse = (text: string): ReturnType<typeof parseKlines> => parseKlines(Buffer.from(text), { timeframe: '1h' })

describe('parsing kline dumps', () => {
  it.skipIf(!existsSync(samples))('reads every collected shape without a reject', () => {
    const found = readdirSync(samples).map((name) => {
      const bytes = readFileSync(samples + name)
      const { columns, report } = parseKlines(bytes)
      const lines = bytes.toString().trim().split('\n')
      expect(report.rejectCount).toBe(0)
      expect(columns.length).toBe(lines.filter((line) => /^\d/.test(line)).length)
      return [name, report.timeframe, new Date(report.firstTs ?? 0).toISOString()].join(' ')
    })
    expect(found).toEqual([
      'kctanglog_datetime_text.csv 1h 2018-02-09T16:00:00.000Z',
      'spot_ms_noheader_2023.csv 1m 2023-01-01T00:00:00.000Z',
      'spot_us_noheader_2025.csv 1m 2025-01-01T00:00:00.000Z',
      'spot_us_noheader_2025_binance_readme.csv 1h 2025-01-01T00:00:00.000Z',
      'usdm_futures_ms_header_2025-01.csv 1m 2025-01-01T00:00:00.000Z',
      'usdm_futures_ms_header_ALGO_2023-02.csv 1m 2023-02-01T00:00:00.000Z',
      'usdm_futures_ms_header_intvolume_NEAR_2024-02.csv 1m 2024-02-01T00:00:00.000Z',
      'usdm_futures_ms_noheader_2020-03.csv 1m 2020-03-01T00:00:00.000Z',
    ])
  })

  it('reads the same candle from every notation of its time', () => {
    const candle = { ts: START, o: 10, h: 12, l: 9, c: 11, v: 5 }
    for (const time of [START, START * 1000, START / 1000, '2018-01-01 00:00:00', '2018-01-01T00:00:00Z', '2018-01-01'])
      for (const ending of ['\n', '\r\n', ''])
        for (const before of ['', '\uFEFF', 'datetime,open,high,low,close,volume\n']) {
          const { columns } = parse(`${before}${time},10,12,9,11,5${ending}`)
          expect([columns.length, candleAt(columns, 0)]).toEqual([1, candle])
        }
  })

  it('rejects bad lines by number and reads on', () => {
    const { columns, report } = parse(
      row(START) +
        row(START) +
        row(START - HOUR) +
        row(START + 1) +
        row(START + HOUR, '10,9,9,11,5') +
        row(START + HOUR, '10,12,9,11') +
        row(START + HOUR, '10,,9,11,5') +
        row(START + HOUR, '10,12,9,1e400,5') +
        row(START + HOUR, '10,12,9,NaN,5') +
        row(START + HOUR, '0,0,0,0,0') +
        row(START + HOUR, '10,12,9,11,-1') +
        row((START + HOUR) * 1000) +
        row(START + HOUR, '10,12,9,11,5,6') +
        'garbage\n\n' +
        row(START + HOUR),
    )
    expect(report.rejects.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '2 open time 1514764800000 is repeated',
      '3 open time 1514761200000 is out of order, after 1514764800000',
      '4 open time 1514764800001 is not on a multiple of 1h',
      '5 high 9 is below open 10 or close 11',
      '6 5 fields where the file has 6',
      '7 a price is not a finite number',
      '8 a price is not a finite number',
      '9 a price is not a finite number',
      '10 low 0 is not above 0',
      '11 volume -1 is negative',
      '12 open time is not a time in ms',
      '13 7 fields where the file has 6',
      '14 1 fields where the file has 6',
    ])
    expect([...columns.ts]).toEqual([START, START + HOUR])
  })

  it('rejects a last row that was cut off', () => {
    const full = `${START},10,12,9,11,5,${START + HOUR - 1},50,3,2,1,0\n`
    const { report } = parse(full + full.replaceAll(String(START), String(START + HOUR)).slice(0, 45))
    expect(report.rejects).toEqual([{ line: 2, reason: '9 fields where the file has 12' }])
  })

  it('reports gaps, short candles and zero volume', () => {
    const full = (ts: number, lengthMs = HOUR, volume = 5): string => row(ts, `10,12,9,11,${volume},${ts + lengthMs - 1}`)
    const { report } = parse(full(START) + full(START + HOUR, 60_000) + full(START + 4 * HOUR, HOUR, 0))
    expect(report).toMatchObject({
      rows: 3,
      firstTs: START,
      lastTs: START + 4 * HOUR,
      gaps: [{ firstMissingTs: START + 2 * HOUR, missing: 2 }],
      missing: 2,
      shortCandles: [START + HOUR],
      zeroVolumeRows: 1,
    })
  })

  it('keeps at most 1000 rejects and counts all', () => {
    const { report } = parse(row(START) + 'x\n'.repeat(1500))
    expect([report.rejects.length, report.rejectCount]).toEqual([1000, 1500])
  })

  it('refuses what holds no rows, another column order, or no timeframe', () => {
    expect(() => parse('')).toThrow('no kline row')
    expect(() => parse('{"a":1}\n')).toThrow('no kline row')
    expect(() => parse('time,close,high,low,open,volume\n' + row(START))).toThrow('expected open, high, low, close, volume')
    expect(() => parseKlines(Buffer.from(row(START)))).toThrow('timeframe cannot be told')
  })

  it('never throws anything but a KlineFileError, whatever the bytes', () => {
    const line = fc.oneof(fc.constant(row(START).trim()), fc.stringMatching(/^[0-9.,eE:\- x"]{0,60}$/))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const { report, columns } = parse(row(START) + lines.join('\n'))
        expect(columns.length).toBe(report.rows)
        expect([...columns.ts]).toEqual([...new Set(columns.ts)].toSorted((a, b) => a - b))
      }),
    )
  })

  it('finds rows by time', () => {
    const { columns } = parse(row(START) + row(START + HOUR) + row(START + 3 * HOUR))
    expect([0, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR].map((offset) => firstRowAt(columns, START + offset))).toEqual([0, 1, 2, 2, 3])
  })
})
