import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GAP_RESTART_CANDLES, WARM_UP_CANDLES } from '@spark/core/market/gap'
import { createSpark, SHARED_DATA, type Spark } from '../support/spark.ts'

interface ManifestEntry {
  file: string
  rows: number
  first_open: string
  last_open: string
  gaps: [string, number][]
  missing: number
  zero_volume_rows: number
  short_close_time_rows: number
}

const YEARS = ['2018', '2019', '2020', '2021', '2022', '2024']
const files = YEARS.map((year) => join(SHARED_DATA, `candles/spot/BTCUSDT/1h/BTCUSDT-1h-${year}.csv.gz`))
const present = files.every((file) => existsSync(file))

let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
})
afterAll(() => spark.remove())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe.skipIf(!present)('real BTCUSDT 1h candles (skipped: ../shared/data is absent)', () => {
  it('are imported exactly as their manifest says, and a second import changes nothing', async () => {
    const manifest = JSON.parse(readFileSync(join(SHARED_DATA, 'manifest.json'), 'utf8')) as ManifestEntry[]
    const first = await spark.run('import', '--json', ...files)
    expect(first.stderr).toBe('')
    expect(first.code).toBe(0)
    const reports = first.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(reports).toHaveLength(files.length)
    reports.forEach((report, index) => {
      const entry = manifest.find((one) => files[index]?.endsWith(one.file))
      expect(report).toMatchObject({
        symbol: 'BTCUSDT',
        timeframe: '1h',
        rows: entry?.rows,
        inserted: entry?.rows,
        first: entry?.first_open,
        last: entry?.last_open,
        gaps: entry?.gaps.map(([first_missing, missing]) => ({ first_missing, missing })),
        missing: entry?.missing,
        zero_volume_rows: entry?.zero_volume_rows,
        reject_count: 0,
      })
      expect(report['short_candles']).toHaveLength(entry?.short_close_time_rows ?? -1)
    })
    const second = await spark.run('import', '--json', ...files)
    for (const [index, line] of second.stdout.trim().split('\n').entries()) {
      expect(JSON.parse(line)).toMatchObject({ inserted: 0, unchanged: reports[index]?.['rows'], differing: 0 })
    }
  }, 120_000)

  it('are replayed with one score a candle after the warm-up, twice with the same bytes', async () => {
    const [once, twice] = [await spark.run('replay', ...files), await spark.run('replay', ...files)]
    expect(once.code).toBe(0)
    expect(sha256(twice.stdout)).toBe(sha256(once.stdout))
    const lines = once.stdout.trim().split('\n')
    const scores = lines.map((line) => JSON.parse(line) as { ts: number; confid: number; score: number })
    // Warm-up at the start, and again behind each gap of more than 24 candles: the 33 h of 2018-02-08 and all of 2023.
    const candles = Number(/^(\d+) candles/m.exec(once.stderr)?.[1])
    expect(candles - lines.length).toBe(3 * (WARM_UP_CANDLES - 1))
    const hour = 3_600_000
    const longGaps = scores.filter(
      (one, index) => index > 0 && one.ts - (scores[index - 1]?.ts ?? 0) > (GAP_RESTART_CANDLES + 1) * hour,
    )
    expect(longGaps).toHaveLength(2)
    for (const { confid, score } of scores) expect(confid >= 0.5 && confid < 1 && Math.abs(score) <= 1).toBe(true)
  }, 120_000)
})

describe('a kline file', () => {
  const rows = (count: number, start = 1_600_000_200_000 - (1_600_000_200_000 % 3_600_000)) =>
    Array.from({ length: count }, (_, index) => `${start + index * 3_600_000},100.0,11${index % 9}.5,99.0,101.0,5.25`)

  it('with bad lines is imported without them, each reported by its number', async () => {
    const lines = rows(10)
    lines[3] = lines[3]?.replace('99.0', 'NaN') ?? ''
    lines[5] = 'garbage'
    lines[7] = lines[6] ?? ''
    const path = join(spark.dataDir, 'ETHUSDT-1h-bad.csv')
    writeFileSync(path, `${lines.join('\n')}\n`)
    const { code, stdout } = await spark.run('import', '--json', path)
    const report = JSON.parse(stdout) as { inserted: number; rejects: { line: number }[] }
    expect(code).toBe(0)
    expect(report.inserted).toBe(7)
    expect(report.rejects.map((reject) => reject.line)).toEqual([4, 6, 8])
  })

  it('that differs from what is stored does not change it, unless told to', async () => {
    const path = join(spark.dataDir, 'SOLUSDT-1h-a.csv')
    writeFileSync(path, `${rows(5).join('\n')}\n`)
    await spark.run('import', path)
    writeFileSync(path, `${rows(5).join('\n').replaceAll('5.25', '6.25')}\n`)
    expect(JSON.parse((await spark.run('import', '--json', path)).stdout)).toMatchObject({
      inserted: 0,
      unchanged: 0,
      differing: 5,
    })
    await spark.run('import', '--replace', path)
    expect(JSON.parse((await spark.run('import', '--json', path)).stdout)).toMatchObject({ unchanged: 5, differing: 0 })
  })

  it.each([
    ['that is not there', 'nowhere-1h.csv', 1, 'cannot be read'],
    ['of no symbol', 'data.csv', 1, 'symbol'],
  ])('%s is named with what to do', async (_what, name, code, words) => {
    const path = join(spark.dataDir, name)
    if (name === 'data.csv') writeFileSync(path, `${rows(5).join('\n')}\n`)
    const result = await spark.run('import', path)
    expect(result.code).toBe(code)
    expect(result.stderr).toContain(words)
  })

  it('and a wrong timeframe is wrong usage', async () => {
    expect((await spark.run('replay', '--tf', '2h', 'x.csv')).code).toBe(2)
  })
})

it('help is no failure, and a command that does not exist is wrong usage', async () => {
  expect(await spark.run('restore', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Example:') as string })
  expect((await spark.run('nonsense')).code).toBe(2)
})
