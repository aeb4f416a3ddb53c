import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from './config.ts'

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('SPARK_CLOCK_SPEED', () => {
  it.each([
    [{}, 1],
    [{ SPARK_CLOCK_SPEED: '60' }, 60],
    [{ SPARK_CLOCK_SPEED: '2', SPARK_FEED: 'replay:candles' }, 2],
    [{ SPARK_CLOCK_SPEED: '1', SPARK_FEED: 'ccxt:binance', SPARK_VENUE: 'ccxt:binance' }, 1],
  ])('%j runs %i times as fast', (env, speed) => expect(loadConfig(env).clockSpeed).toBe(speed))

  it.each(['0', '61', '1.5', '-1', 'fast'])('%s is refused with what would be right', (SPARK_CLOCK_SPEED) =>
    expect(problemsOf({ SPARK_CLOCK_SPEED })).toEqual([
      `SPARK_CLOCK_SPEED is "${SPARK_CLOCK_SPEED}"; it must be a whole number of times from 1 to 60`,
    ]),
  )

  it.each([
    { SPARK_FEED: 'ccxt:binance' },
    { SPARK_FEED: 'ccxt:binance', SPARK_VENUE: 'ccxt:binance' },
    { SPARK_FEED: 'ccxt:binance', SPARK_VENUE: 'ccxt:binance', SPARK_MODE: 'live' },
  ])('an exchange does not run faster: %j', (env) => {
    const problems = problemsOf({ ...env, SPARK_CLOCK_SPEED: '2' })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`SPARK_CLOCK_SPEED is "2", but SPARK_FEED is "ccxt:binance"`)
    expect(problems[0]).toContain('set SPARK_CLOCK_SPEED=1, or SPARK_FEED=sim or replay:PATH with SPARK_VENUE=paper')
  })
})

describe('SPARK_HOST_NAME', () => {
  const DATABASE_URL = 'postgres://spark@db.example/spark'

  it('is for hosts that share a server; without it the host has none', () => {
    expect(loadConfig({ SPARK_HOST_NAME: 'host-2', DATABASE_URL }).hostName).toBe('host-2')
    expect(loadConfig({ DATABASE_URL }).hostName).toBeNull()
  })

  it('is refused with a replay, which has a time of its own on each host', () =>
    expect(problemsOf({ DATABASE_URL, SPARK_HOST_NAME: 'a', SPARK_FEED: 'replay:/tmp' })[0]).toContain('replay on one host'))

  it.each([{}, { DATABASE_URL: 'file:/tmp/spark.db' }])('is refused with files: %j', (env) =>
    expect(problemsOf({ ...env, SPARK_HOST_NAME: 'a' })).toEqual([
      'SPARK_HOST_NAME is "a", but DATABASE_URL is no server; files are for one host, which needs no name: unset it, or set DATABASE_URL=postgres://…',
    ]),
  )
})
