import { readFileSync } from 'node:fs'
import { Type, type TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import { SparkFile, parseSparkFile } from './strategies-file.ts'

const problemsOf = (text: string): string[] => {
  const parsed = parseSparkFile(text, 'spark.yaml')
  return 'problems' in parsed ? parsed.problems : []
}
const STRATEGIES = 'strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h }\n'
const strategy = (change: string) => `strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h }\n  - { ${change} }\n`

describe('config/spark.yaml', () => {
  it('as shipped is right and has 12 strategies on the canary stream', () => {
    const parsed = parseSparkFile(readFileSync(new URL('../../../config/spark.yaml', import.meta.url), 'utf8'), 'spark.yaml')
    expect('file' in parsed && parsed.file.strategies.filter((one) => one.symbol === 'BTCUSDT' && one.tf === '1h')).toHaveLength(
      12,
    )
  })

  it('with every key that it explains in its comments is right as well', () => {
    const text = readFileSync(new URL('../../../config/spark.yaml', import.meta.url), 'utf8')
    const uncommented = text.replaceAll(/^(\s*)# (risk:|paper:|replay:|alerts:|rollout:| {2,4}(\w+:|- \{) .*)$/gm, '$1$2')
    expect(uncommented.split('\n').filter((line) => /^ {2}\w+: /.test(line)).length).toBeGreaterThan(15)
    expect(problemsOf(uncommented)).toEqual([])
  })

  // File, line, key, value, and what is allowed.
  it.each([
    [
      strategy('id: b, symbol: BTCUSDT, tf: 2h'),
      'spark.yaml:3: strategies.1.tf is "2h"; it must be one of 1m, 5m, 15m, 30m, 1h, 4h, 1d',
    ],
    [strategy('id: b, symbol: btc, tf: 1h'), 'spark.yaml:3: strategies.1.symbol is "btc"; it must be a symbol like BTCUSDT'],
    [
      strategy('id: B_1, symbol: BTCUSDT, tf: 1h'),
      'spark.yaml:3: strategies.1.id is "B_1"; it must be an id like btcusdt-1h-01: small letters, digits and dashes, at most 63',
    ],
    [strategy('id: b, tf: 1h'), 'spark.yaml:3: strategies.1.symbol is missing; it must be a symbol like BTCUSDT'],
    [
      strategy('id: b, symbol: BTCUSDT, tf: 1h, mode: real'),
      'spark.yaml:3: strategies.1.mode is "real"; it must be paper or live',
    ],
    [
      strategy('id: b, symbol: BTCUSDT, tf: 1h, capital: -5'),
      'spark.yaml:3: strategies.1.capital is -5; it must be an amount in quote units, a plain decimal above 0',
    ],
    [
      strategy('id: b, symbol: BTCUSDT, tf: 1h, capital: 0'),
      'spark.yaml:3: strategies.1.capital is 0; it must be an amount in quote units, a plain decimal above 0',
    ],
    [
      strategy('id: b, symbol: BTCUSDT, tf: 1h, capital: .nan'),
      'spark.yaml:3: strategies.1.capital is NaN; it must be an amount in quote units, a plain decimal above 0',
    ],
    [
      strategy('id: b, symbol: BTCUSDT, tf: 1h, capital: "1,5"'),
      'spark.yaml:3: strategies.1.capital is "1,5"; it must be an amount in quote units, a plain decimal above 0',
    ],
    [
      strategy('id: b, symbol: BTCUSDT, tf: 1h, captial: 5'),
      'spark.yaml:3: strategies.1.captial is 5, but there is no such key; the nearest is capital, allowed are id, symbol, tf, name, capital, mode',
    ],
    [
      strategy('id: a, symbol: ETHUSDT, tf: 1h'),
      'spark.yaml:3: strategies.1.id is "a", as on line 2; it must be an id that no other strategy has',
    ],
    ['strategies: []\n', 'spark.yaml:1: strategies is a list of 0; it must be a list of 1 to 10000 strategies'],
    ['strategies: many\n', 'spark.yaml:1: strategies is "many"; it must be a list of 1 to 10000 strategies'],
    [
      'strategies:\n  - btcusdt\n',
      'spark.yaml:2: strategies.0 is "btcusdt"; it must be keys and values, of id, symbol, tf, name, capital, mode',
    ],
    [
      '- a\n',
      'spark.yaml:1: the file is ["a"]; it must be keys and values, of strategies, risk, paper, rollout, alerts, sim, replay',
    ],
    ['', 'spark.yaml:1: the file is null; it must be keys and values, of strategies, risk, paper, rollout, alerts, sim, replay'],
    ['risk: {}\n', 'spark.yaml:1: strategies is missing; it must be a list of 1 to 10000 strategies'],
    [
      `${STRATEGIES}strateges: []\n`,
      'spark.yaml:3: strateges is [], but there is no such key; the nearest is strategies, allowed are strategies, risk, paper, rollout, alerts, sim, replay',
    ],
    [
      `${STRATEGIES}risk:\n  maxOrderNotional: 1e308\n`,
      'spark.yaml:4: risk.maxOrderNotional is 1e+308; it must be an amount in quote units, a plain decimal of at least 0',
    ],
    [
      `${STRATEGIES}risk:\n  maxOrderNotional: .inf\n`,
      'spark.yaml:4: risk.maxOrderNotional is Infinity; it must be an amount in quote units, a plain decimal of at least 0',
    ],
    [
      `${STRATEGIES}risk:\n  maxOrdersPerMinute: 1.5\n`,
      'spark.yaml:4: risk.maxOrdersPerMinute is 1.5; it must be a whole number of orders from 0 to 1000000',
    ],
    [
      `${STRATEGIES}risk:\n  maxPriceAgeS: 0\n`,
      'spark.yaml:4: risk.maxPriceAgeS is 0; it must be a whole number of seconds from 1 to 86400',
    ],
    [
      `${STRATEGIES}risk:\n  maxPriceAgeMs: 5\n`,
      'spark.yaml:4: risk.maxPriceAgeMs is 5, but there is no such key; the nearest is maxPriceAgeS, allowed are allowedSymbols, priceCollarPercent, ',
    ],
    [
      `${STRATEGIES}risk:\n  allowedSymbols: BTCUSDT\n`,
      'spark.yaml:4: risk.allowedSymbols is "BTCUSDT"; it must be a list of at least one symbol',
    ],
    [
      `${STRATEGIES}risk:\n  allowedSymbols:\n    - BTCUSDT\n    - 7x\n`,
      'spark.yaml:6: risk.allowedSymbols.1 is "7x"; it must be a symbol like BTCUSDT',
    ],
    [`${STRATEGIES}risk: [5]\n`, 'spark.yaml:3: risk is [5]; it must be keys and values, of allowedSymbols, '],
    [`${STRATEGIES}paper:\n  feeRate: 2\n`, 'spark.yaml:4: paper.feeRate is 2; it must be a share from 0 to 1'],
    [`${STRATEGIES}paper: { partialFills: yes }\n`, 'spark.yaml:3: paper.partialFills is "yes"; it must be a share from 0 to 1'],
    [`${STRATEGIES}sim: { outagesPerYear: -1 }\n`, 'spark.yaml:3: sim.outagesPerYear is -1; it must be a number from 0 to 365'],
    [
      `${STRATEGIES}sim: { trendPersistence: strong }\n`,
      'spark.yaml:3: sim.trendPersistence is "strong"; it must be default, none or reversed',
    ],
    [`${STRATEGIES}replay: { speed: 0 }\n`, 'spark.yaml:3: replay.speed is 0; it must be a number above 0, at most 1000000'],
    [
      `${STRATEGIES}replay: { start: tomorrow }\n`,
      'spark.yaml:3: replay.start is "tomorrow"; it must be a UTC time like 2024-01-15 ',
    ],
    [
      `${STRATEGIES}replay: { start: 2024-02-31 }\n`,
      'spark.yaml:3: replay.start is "2024-02-31"; it must be a UTC time like 2024-01-15 ',
    ],
  ])('%j is refused in words', (text, expected) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.slice(0, expected.length)).toBe(expected)
  })

  it('says every problem at once, each with its line', () => {
    const text = `${strategy('id: b, symbol: x, tf: 2h')}risk:\n  maxOrderNotional: -1\n  maxDailyLos: 5\n`
    expect(problemsOf(text).map((problem) => problem.split(' ', 2).join(' '))).toEqual([
      'spark.yaml:3: strategies.1.symbol',
      'spark.yaml:3: strategies.1.tf',
      'spark.yaml:6: risk.maxDailyLos',
      'spark.yaml:5: risk.maxOrderNotional',
    ])
  })

  it.each([
    ['strategies:\n  - { id: a\n', /^spark\.yaml:\d+: /],
    ['strategies: *nobody\n', /^spark\.yaml:1: .*nobody/],
    [`${STRATEGIES}risk: {}\nrisk: {}\n`, /^spark\.yaml:4: .*unique/],
    [`a: &a [x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: [${'*b, '.repeat(20)}]\n`, /^spark\.yaml:1: .*alias/i],
  ])('%j, which is no YAML or too much of it, is refused with its line', (text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected)
  })

  it('a long value is cut short, and a replay start as a date of YAML is read', () => {
    expect(problemsOf(strategy(`id: ${'x'.repeat(5000)}, symbol: BTCUSDT, tf: 1h`))[0]?.length).toBeLessThan(250)
    expect(problemsOf(`${STRATEGIES}replay: { speed: 3600, start: 2024-01-15 }\n`)).toEqual([])
  })

  it('has words for everything that may be wrong in it', () => {
    const leaves: string[] = []
    const visit = (schema: TSchema, path: string): void => {
      if (Type.IsObject(schema)) for (const [key, part] of Object.entries(schema.properties)) visit(part, `${path}.${key}`)
      else {
        leaves.push(path)
        expect(Reflect.get(schema, 'description'), path).toMatch(/\w/)
        if (Type.IsArray(schema)) visit(schema.items, `${path}[]`)
      }
    }
    visit(SparkFile, '')
    expect(leaves.length).toBeGreaterThan(25)
  })
})
