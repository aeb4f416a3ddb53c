import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PLAN } from '@spark/core/rollout/plan'
import { temporaryFolder } from '@spark/server/storage/temporary-folder'
import { alertLine, alertLines } from './alert-lines.ts'
import { openAlertLog } from './alert-log.ts'
import { sloLimits } from './slo-limits.ts'
import { sloLines } from './slo-lines.ts'

const texts = (p95: number | null, staleness: number | null, errorRate: number | null) =>
  sloLines(sloLimits(DEFAULT_PLAN), { p95_ms: p95, staleness_s: staleness, error_rate: errorRate }).map(({ text }) => text)

describe('a figure', () => {
  it('beyond its limit is said as the playbook says it', () => {
    expect(texts(1600, 75.5, 3)).toEqual([
      '🚨 RED ALERT: p95=1600ms > 1500ms',
      '🚨 RED ALERT: staleness=75.5s > 60s',
      '🚨 RED ALERT: error_rate=3% > 2%',
    ])
    expect(texts(1200, 45, 1.5)).toEqual([
      '⚠️ YELLOW WARNING: p95=1200ms > 1000ms',
      '⚠️ YELLOW WARNING: staleness=45s > 30s',
      '⚠️ YELLOW WARNING: error_rate=1.5% > 1%',
    ])
  })

  it('that is good, or equal to its limit, is not beyond it', () => {
    expect(texts(1000, 30, 1)).toEqual([])
    expect(texts(1500, 60, 2).map((text) => text.slice(0, 2))).toEqual(['⚠️', '⚠️', '⚠️'])
  })

  it('that is not known is said so, and is never good', () => {
    expect(texts(null, 1, null)).toEqual(['❔ NO DATA: p95=no data', '❔ NO DATA: error_rate=no data'])
  })

  it('never reads as equal to the limit that it is beyond', () => {
    expect(texts(1500.001, 1, 33.333333)).toEqual([
      '🚨 RED ALERT: p95=1500.001ms > 1500ms',
      '🚨 RED ALERT: error_rate=33.33% > 2%',
    ])
  })
})

it("the limits are the plan's, and without changes the playbook's", () => {
  const numbers = sloLimits(DEFAULT_PLAN).map(({ name, good, critical, holdS }) => `${name} ${good} ${critical} ${holdS / 60}`)
  expect(numbers).toEqual([
    'p95 1000 1500 15',
    'staleness 30 60 30',
    'error_rate 1 2 30',
    'ml_score 10 5 60',
    'confid 0.55 0.45 180',
    'dlq 2 5 60',
  ])
  const gates = { ...DEFAULT_PLAN.gates, p95: { good: 200, critical: 300, holdMs: 1 } }
  const lines = sloLines(sloLimits({ gates }), { p95_ms: 301, staleness_s: 1, error_rate: 0 })
  expect(lines.map(({ text }) => text)).toEqual(['🚨 RED ALERT: p95=301ms > 300ms'])
})

describe('an alert', () => {
  const alert = {
    id: 3,
    severity: 'red' as const,
    code: 'x',
    scope: 'y',
    message: 'no order is sent',
    state: 'firing' as const,
    ts: 0,
    lastTs: 0,
    count: 1,
    snoozedUntil: null,
    resolvedTs: null,
    escalations: 0,
    changedBy: null,
    reason: null,
    change: 1,
  }
  const acknowledged = { ...alert, state: 'acknowledged' as const, changedBy: 'operator' }
  const resolved = { ...alert, state: 'resolved' as const }

  it('is a line when it comes and whenever its state changes, not when it is only raised once more', () => {
    expect(alertLines(undefined, alert)).toEqual(['🚨 RED ALERT: no order is sent [alert 3]'])
    expect(alertLines(alert, { ...alert, count: 2 })).toEqual([])
    expect(alertLines(alert, { ...alert, escalations: 1 })).toEqual(['🚨 ESCALATED RED ALERT: no order is sent [alert 3]'])
    expect(alertLines(alert, acknowledged)).toEqual(['👀 ACKNOWLEDGED by operator: no order is sent [alert 3]'])
    expect(alertLines(acknowledged, resolved)).toEqual(['✅ RESOLVED: no order is sent [alert 3]'])
    expect(alertLines({ ...alert, severity: 'yellow' }, alert)).toEqual(['🚨 RED ALERT: no order is sent [alert 3]'])
    const snoozed = { ...acknowledged, state: 'snoozed' as const, snoozedUntil: 1_700_000_000_000 }
    expect(alertLine(snoozed)).toBe('💤 SNOOZED by operator until 2023-11-14T22:13:20.000Z: no order is sent [alert 3]')
  })

  it('that came and was over between two looks is told twice', () => {
    expect(alertLines(undefined, resolved)).toEqual([
      '🚨 RED ALERT: no order is sent [alert 3]',
      '✅ RESOLVED: no order is sent [alert 3]',
    ])
  })
})

describe('alerts.log', () => {
  it('is appended to, and moved aside before it grows beyond its size: two files at most', () => {
    const path = join(temporaryFolder(), 'alerts.log')
    writeFileSync(path, 'what was there\n')
    const log = openAlertLog(path, () => {}, 100)
    for (let line = 0; line < 50; line++) log.write(`line ${line} 🚨`)
    for (const file of [path, `${path}.1`]) expect(statSync(file).size).toBeLessThanOrEqual(100)
    const kept = `${readFileSync(`${path}.1`, 'utf8')}${readFileSync(path, 'utf8')}`
    expect(kept.endsWith('line 48 🚨\nline 49 🚨\n')).toBe(true)
  })

  it('that cannot be written is told once, until it can be again', () => {
    const problems: string[] = []
    const log = openAlertLog('/proc/nowhere/alerts.log', (problem) => problems.push(problem))
    log.write('a')
    log.write('b')
    expect(problems).toEqual([expect.stringContaining('/proc/nowhere/alerts.log cannot be written')])
  })
})
