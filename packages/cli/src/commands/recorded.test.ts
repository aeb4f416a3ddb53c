import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom, randomNormal } from '@spark/core/stats/random'
import { CheckFailed } from '../output.ts'
import { createProgram } from '../program.ts'

const HOUR = 3_600_000
const ROWS = 2500

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spark-recorded-'))
  const random = createRandom(4)
  let price = 100
  const lines = Array.from({ length: ROWS }, (_, at) => {
    const o = price
    price = o * Math.exp(0.01 * randomNormal(random))
    const [h, l] = [1.002 * Math.max(o, price), Math.min(o, price) / 1.002]
    return `${Date.UTC(2024, 0, 1) + at * HOUR},${o},${h},${l},${price},1`
  })
  writeFileSync(join(folder, 'BTCUSDT-1h-2024.csv'), `${lines.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...words: string[]): Promise<{ lines: string[]; notes: string[] }> {
  const said = { lines: [] as string[], notes: [] as string[] }
  const output = {
    line: (text: string) => void said.lines.push(text),
    note: (text: string) => void said.notes.push(text),
    write: () => Promise.resolve(true),
  }
  const program = await createProgram(output, words)
  await program.parseAsync(['node', 'spark', ...words])
  return said
}

describe('commands on recorded candles', () => {
  it('backtest prints a table or JSON, says how fast it was, and writes the page', async () => {
    const html = join(folder, 'report.html')
    const { lines, notes } = await run('backtest', folder, '--html', html)
    expect(lines.join('\n')).toMatch(/^baseline +all /m)
    expect(notes.at(-1)).toMatch(/^2500 candles, \d+ ms, [\d,]+ candles\/s$/)
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/)
    const json = await run('backtest', folder, '--no-learn', '--json', '--fee-bps', '5', '--slippage-bps', '2')
    const report = JSON.parse(json.lines.join('\n')) as Record<string, unknown>
    expect(report).toMatchObject({
      streams: [{ name: 'BTCUSDT-1h', candles: ROWS, refusedLines: 0 }],
      costs: { feeRate: 0.0005, halfSpreadRate: 0, slippageRate: 0.0002 },
      comparison: null,
    })
  })

  it('backtest writes the report where it is told, and says the outcome', async () => {
    const out = join(folder, 'report.txt')
    const { lines } = await run('backtest', folder, '--no-learn', '--out', out)
    expect(readFileSync(out, 'utf8')).toContain('BTCUSDT-1h')
    expect(lines.every((line) => /^(baseline|ml) had an opinion at /.test(line))).toBe(true)
  })

  it('optimize prints a proposal with what it earned out of sample, and how many rules were tried', async () => {
    const space = '--floors 0.5,0.6 --profits 1 --stops 1,2 --expiries 12 --risks all,0.01 --folds 2'.split(' ')
    const { lines } = await run('optimize', folder, ...space)
    expect(lines.join('\n')).toMatch(/^all tests +in use now +\d+ /m)
    // A walk has no edge, and this is said.
    expect(lines.join('\n')).toMatch(/out of sample what was chosen so earned nothing, so there is no reason to change to it\./)
    const json = await run('optimize', folder, ...space, '--json')
    // Eight combinations, and what is in use now: floor 0.55.
    expect(JSON.parse(json.lines.join('\n'))).toMatchObject({ trials: 9, folds: [{}, {}] })
  })

  it('say why they cannot: nothing of that symbol, too few candles for the folds', async () => {
    await expect(run('backtest', folder, '--symbol', 'ETHUSDT')).rejects.toThrow(`${folder}: nothing of ETHUSDT`)
    const tooMany = run(
      'optimize',
      folder,
      '--folds',
      '100',
      '--floors',
      '0.6',
      '--profits',
      '1',
      '--stops',
      '1',
      '--expiries',
      '24',
      '--embargo',
      '48',
    )
    await expect(tooMany).rejects.toThrow(CheckFailed)
    await expect(tooMany).rejects.toThrow('give more candles or fewer folds')
  })
})
