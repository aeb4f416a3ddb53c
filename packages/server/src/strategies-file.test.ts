import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSparkFile } from './strategies-file.ts'

const problemsOf = (text: string): string[] => {
  const parsed = parseSparkFile(text, 'spark.yaml')
  return 'problems' in parsed ? parsed.problems : []
}

describe('config/spark.yaml', () => {
  it('as shipped is right and has 12 strategies on the canary stream', () => {
    const parsed = parseSparkFile(readFileSync(new URL('../../../config/spark.yaml', import.meta.url), 'utf8'), 'spark.yaml')
    expect('file' in parsed && parsed.file.strategies.filter((one) => one.symbol === 'BTCUSDT' && one.tf === '1h')).toHaveLength(
      12,
    )
  })

  it('names file and line of a wrong value', () => {
    const text = 'strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h }\n  - { id: b, symbol: BTCUSDT, tf: 2h }\n'
    expect(problemsOf(text).join()).toMatch(/spark\.yaml:3: strategies\.1\.tf/)
  })

  it('names the line of an unknown key', () => {
    expect(problemsOf('strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h }\nstrateges: []\n').join()).toContain('strateges')
  })

  it.each([
    ['sim: { outagesPerYear: -1 }', 'sim.outagesPerYear'],
    ['replay: { speed: 0 }', 'replay.speed'],
    ['replay: { start: tomorrow }', 'replay.start'],
  ])('refuses %s, naming the key', (line, key) => {
    const strategies = 'strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h }\n'
    expect(problemsOf(`${strategies}${line}\n`).join()).toMatch(new RegExp(`^spark\\.yaml:3: ${key}`))
    expect(problemsOf(`${strategies}replay: { speed: 3600, start: 2024-01-15 }\n`)).toEqual([])
  })

  it('names the line of broken YAML', () => {
    expect(problemsOf('strategies:\n  - { id: a\n').join()).toMatch(/^spark\.yaml:\d+: /)
  })

  it('refuses an id used twice', () => {
    const text = 'strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h }\n  - { id: a, symbol: ETHUSDT, tf: 1h }\n'
    expect(problemsOf(text)).toEqual(['spark.yaml:3: strategy id a is used twice (first on line 2)'])
  })
})
