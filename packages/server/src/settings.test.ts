import { describe, expect, it } from 'vitest'
import { SETTINGS, parseSettings, unknownSettings } from './settings.ts'

describe('settings', () => {
  it('has a default for every variable that passes its own check', () => {
    const { problems, values, report } = parseSettings({})
    expect(problems).toEqual([])
    expect(report).toHaveLength(Object.keys(SETTINGS).length)
    expect(values.scoring).toEqual({ mode: 'preview' })
    expect(values.confidFloor).toBe(0.55)
    expect(values.pollIntervalMs).toBe(60_000)
  })

  it.each([
    ['0', { mode: 'off' }],
    ['preview', { mode: 'preview' }],
    ['0.1', { mode: 'share', ceiling: 0.1 }],
    ['1.0', { mode: 'share', ceiling: 1 }],
  ])('reads FEATURE_ML_SCORING=%s', (text, expected) => {
    expect(parseSettings({ FEATURE_ML_SCORING: text }).values.scoring).toEqual(expected)
  })

  it.each([
    ['FEATURE_ML_SCORING', '0.05'],
    ['FEATURE_ML_SCORING', '1.5'],
    ['FEATURE_ML_SCORING', 'on'],
    ['ML_CONFID_FLOOR', '-1'],
    ['ML_CONFID_FLOOR', 'NaN'],
    ['POLL_INTERVAL_MS', '60s'],
    ['POLL_INTERVAL_MS', '1e9'],
    ['SPARK_API_PORT', '65536'],
    ['CANARY_TIMEFRAME', '2h'],
    ['ML_SIGNAL_WEIGHTS', '1,2'],
    ['ML_SIGNAL_WEIGHTS', '0,0,0'],
    ['ML_SIGNAL_WEIGHTS', '1,2,Infinity'],
    ['DATABASE_URL', 'postgres://x'],
    ['DATABASE_URL', 'mysql://x/spark'],
    ['SPARK_FEED', 'binance'],
    ['EXECUTOR_URL', 'ftp://x'],
    ['SPARK_MODE', 'real'],
    ['SPARK_VENUE', 'ccxt:kraken'],
    ['SPARK_FEED', 'replay:'],
    ['SPARK_HOST', 'a b'],
    ['SPARK_EXECUTOR_PORT', '0'],
    ['SPARK_HOST_NAME', 'A'],
    ['SPARK_HOST_NAME', '1a'],
    ['SPARK_HOST_NAME', 'a.b'],
    ['SPARK_HOST_NAME', 'seventeen-letters'],
    ['SPARK_EXCHANGE_URL', 'exchange'],
    ['SPARK_NOTIFY_PRIVATE', 'yes'],
    ['SPARK_LOG_LEVEL', 'loud'],
    ['SPARK_RATE_LIMIT_PER_MIN', '0'],
    ['CANARY_SYMBOL', 'btc'],
    ['AUDIT_ML_BUCKET', '1'],
    ['TELEGRAM_CHAT_ID', 'chat'],
    ['SPARK_AUDIT_DAYS', '89'],
    ['SPARK_CANDLE_DAYS', '29'],
    ['SPARK_CANDLE_DAYS', '1.5'],
  ])('refuses %s=%s with its name, its value and what would be right', (name, value) => {
    const { problems } = parseSettings({ [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(name)
    expect(problems[0]).toContain(value)
    expect(problems[0]).toContain('must be')
  })

  it.each([
    ['SLACK_WEBHOOK_URL', 'hooks.slack.com/secret'],
    ['TELEGRAM_BOT_TOKEN', 'secret'],
    ['ALERT_WEBHOOK_URL', 'secret'],
    ['HEARTBEAT_URL', 'secret'],
  ])('of %s says that it is set wrongly, and not to what', (name, value) => {
    const { problems, report } = parseSettings({ [name]: value })
    expect(problems[0]).toMatch(new RegExp(`^${name} is set; it must be `))
    expect(JSON.stringify([problems, report])).not.toContain('secret')
  })

  it('names all problems at once', () => {
    expect(parseSettings({ SPARK_API_PORT: 'x', POLL_INTERVAL_MS: 'y' }).problems).toHaveLength(2)
  })

  it('says which setting came from the environment', () => {
    const { report } = parseSettings({ SPARK_API_PORT: '4444' })
    expect(report.find((one) => one.name === 'SPARK_API_PORT')).toMatchObject({ value: '4444', source: 'environment' })
    expect(report.find((one) => one.name === 'SPARK_HOST')).toMatchObject({ source: 'default' })
  })

  it('warns of an unknown SPARK_ name with the nearest known one', () => {
    expect(unknownSettings({ SPARK_API_PROT: '1', PATH: '/bin' })).toEqual([expect.stringContaining('SPARK_API_PORT')])
  })
})
