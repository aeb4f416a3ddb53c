import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PLAN } from '@spark/core/rollout/plan'
import type { RolloutView } from '@spark/contract/rollout'
import { sloLimits } from '../watch/slo-limits.ts'
import { monitorLines } from './monitor-lines.ts'
import { figureView, viewOf } from './rollout-view.ts'
import type { MonitorSnapshot, Seen } from './snapshot.ts'
import { textWidth } from './text.ts'

const LIMITS = sloLimits(DEFAULT_PLAN)
const NOW_MS = Date.parse('2026-11-25T12:00:30Z')
const seen = <Value>(value: Value): Seen<Value> => ({ value, atMs: NOW_MS - 1000, problem: null })
const FIGURES = { p95_ms: 412.5, staleness_s: 1.2, error_rate: 0.4, ml_score_per_min: 12, confid_median: 0.61, dlq_size: 0 }
const depth = { ready: 1, delayed: 2, leased: 3, dead: 0, lagMs: 4000 }
const process = { ok: true, buildSha: 'abc', version: '1.5.0', process: 'api-1', pid: 1, uptimeS: 1 }
const alert = {
  id: 7,
  severity: 'red' as const,
  code: 'venue_halted',
  scope: 'venue:paper',
  message: 'paper: no order is sent',
  state: 'firing' as const,
  ts: NOW_MS - 720_000,
  lastTs: NOW_MS,
  count: 3,
  snoozedUntil: null,
  resolvedTs: null,
  escalations: 0,
  changedBy: null,
  reason: null,
  change: 9,
}
const action = {
  id: 'orders:1',
  ts: NOW_MS,
  timestamp: '2026-11-25T12:00:01.000Z',
  action: 'kill.set',
  actor: 'operator',
  strategyId: null,
  traceId: null,
  result: 'ok' as const,
  context: { scope: 'all', reason: 'odd fills' },
}

/** A Spark with a rollout at 10 %, latency critical for 12 minutes, an alert and a kill switch. */
function snapshot(change: Partial<MonitorSnapshot> = {}): MonitorSnapshot {
  const critical = Array.from({ length: 25 }, (_, at) => ({ ts: NOW_MS - 720_000 + at * 30_000, ...FIGURES, p95_ms: 1812.4 }))
  const points = [{ ts: NOW_MS - 750_000, ...FIGURES }, ...critical]
  return {
    atMs: NOW_MS,
    api: seen(process),
    executor: seen({
      ...process,
      process: 'executor',
      ts: NOW_MS,
      feed: { name: 'sim', lastMessageAgeS: 1.4, lastMessageAt: NOW_MS, warmStreams: 60, streams: 60 },
      strategies: 12,
      lastScoreAgeS: 1,
    }),
    rollout: seen({
      phase: 'live, soaking; step 10 %, 2 of 4, up to 50 %',
      facts: ['12 of 120 strategies on ML'],
      waitsFor: ['p95 to be good', 'approval of the next step'],
      gates: LIMITS.map((limits) => figureView(limits, points)),
    }),
    metrics: seen({ ...FIGURES, error_rate_unit: 'percent', window_s: 300, sealed_at: NOW_MS - 12_000, polls: 60 }),
    queue: seen({ queues: { order: depth, label: depth, notification: depth, job: depth }, dlq_size: 2 }),
    orders: seen({ filled: 120, rejected: 3, unknown: 0 }),
    risk: seen({
      epoch: 4,
      mlOff: false,
      leaseUntil: NOW_MS,
      killSwitches: [{ scope: 'all', reason: 'odd fills', actor: 'operator', setAt: NOW_MS }],
      venue: { name: 'paper', haltedReason: null, entriesStoppedReason: null, reconciledAt: NOW_MS, protection: 'none' },
      asOf: NOW_MS,
      limits: [
        {
          name: 'maxTotalNotional',
          limit: '150000',
          fileLimit: '150000',
          changed: null,
          unreadable: false,
          used: '34000.5',
          unit: 'quote units',
          by: null,
        },
      ],
    }),
    positions: seen(17),
    equity: seen({ point: { ts: NOW_MS, equity: '120003.224', realized: '12.5', unrealized: '-9.276', fees: '3' } }),
    strategies: seen({ total: 120, running: 118, exposed: 12 }),
    alerts: seen([alert]),
    actions: seen([action]),
    ...change,
  }
}
const text = (of: MonitorSnapshot, columns = 80) => monitorLines(of, columns, false).join('\n')

describe('the monitor', () => {
  it('shows phase and what it waits for, gates with time in breach, counters, exposure, brakes, alerts and actions', () => {
    expect(text(snapshot())).toBe(
      `SPARK  2026-11-25 12:00:30 UTC   api ok   executor ok
feed sim, last message 1 s ago

PHASE  live, soaking; step 10 %, 2 of 4, up to 50 %
       12 of 120 strategies on ML
       waits for p95 to be good
       waits for approval of the next step
KILLED all by operator: odd fills

GATES  measured until 12 s ago
                           now       good  critical  state    in breach
  p95 latency        1812.4 ms <= 1000 ms > 1500 ms  CRITICAL 12 min of 15 min
  staleness              1.2 s    <= 30 s    > 60 s  ok       -
  error rate             0.4 %     <= 1 %     > 2 %  ok       -
  ml.score a minute         12      >= 10       < 5  ok       -
  median confidence       0.61    >= 0.55    < 0.45  ok       -
  dead letters               0       <= 2       > 5  ok       -

ALERTS
  7 RED firing 3x 12 min  paper: no order is sent

COUNTERS
  ml.score a minute 12   dead letters 2
  queue 4 ready, 12 running, 8 later, oldest 4 s   open positions 17
  equity 120,003.22 (open -9.28, made 12.50)   orders filled 120, rejected 3

EXPOSURE
  strategies on ML 12 of 120   running 118   held and ordered 34,001 of 150,000
  orders a minute -   daily loss -   epoch 4   kill switches 1
  venue paper not halted

LAST ACTIONS
  12:00:01 operator kill.set  all · odd fills`,
    )
  })

  it('stands in two columns when there is room, and never takes more columns than there are', () => {
    const wide = text(snapshot(), 140)
    expect(wide).toMatch(/^GATES {2}measured until 12 s ago +ALERTS$/m)
    expect(wide.split('\n').length).toBeLessThan(text(snapshot()).split('\n').length)
    const long = { ...alert, message: '你好 '.repeat(200) }
    for (const columns of [40, 60, 80, 119, 120, 140, 200])
      for (const line of monitorLines(snapshot({ alerts: seen([long, long]) }), columns, true))
        expect(textWidth(stripVTControlCharacters(line)), `${columns}: ${line}`).toBeLessThanOrEqual(columns)
  })

  it('says the same without colour', () => {
    const plain = monitorLines(snapshot(), 140, false)
    expect(plain.join('')).not.toContain('\u001b')
    expect(monitorLines(snapshot(), 140, true).map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(plain)
  })

  it('says who is away and why, and shows what was seen last with its age, not as good', () => {
    const problem = 'cannot reach http://127.0.0.1:3003/api/healthz'
    const all = snapshot()
    const old = Object.fromEntries(
      Object.entries(all).map(([name, part]) => [
        name,
        typeof part === 'number' || name === 'executor' ? part : { ...(part as Seen<unknown>), atMs: NOW_MS - 90_000, problem },
      ]),
    ) as unknown as MonitorSnapshot
    const shown = text(old)
    expect(shown).toContain('api AWAY, last seen 90 s ago')
    expect(shown.match(/cannot reach/g)).toHaveLength(1)
    expect(shown).toMatch(/^GATES {2}measured until 12 s ago {2}\(as of 90 s ago\)$/m)
    expect(shown).toContain('120,003.22')
    const [, ...green] = monitorLines(old, 80, true).join('\n').split('\u001b[32m')
    expect(green).toEqual([expect.stringMatching(/^executor ok/)])
  })

  it('before anything was seen shows that, and a part that fails alone says why', () => {
    const never = { value: null, atMs: null, problem: 'cannot reach it' }
    expect(text(snapshot({ api: never, alerts: never }))).toContain('api AWAY, never seen')
    expect(text(snapshot({ queue: seen(snapshot().queue.value) as never, alerts: never }))).toMatch(
      /^ALERTS {2}\(never seen: cannot reach it\)$/m,
    )
  })

  it('shows no data as no data', () => {
    const nothing = {
      p95_ms: null,
      staleness_s: null,
      error_rate: null,
      ml_score_per_min: null,
      confid_median: null,
      dlq_size: null,
    }
    const gates = LIMITS.map((limits) => figureView(limits, [{ ts: NOW_MS, ...nothing }]))
    const shown = text(snapshot({ rollout: seen({ phase: 'none', facts: ['There is no rollout yet.'], waitsFor: [], gates }) }))
    expect(shown.match(/ - .* NO DATA/g)).toHaveLength(6)
    expect(shown).toContain('There is no rollout yet.')
  })

  it('lets no text from outside drive the terminal', () => {
    const evil = { ...alert, message: 'a\u001b[2J\nSPARK api ok\u202e' }
    const lines = monitorLines(snapshot({ alerts: seen([evil]) }), 80, false)
    expect(lines.filter((line) => line.includes('SPARK'))).toEqual([
      expect.stringMatching(/^SPARK {2}2026/),
      '  7 RED firing 3x 12 min  a [2J SPARK api ok',
    ])
  })
})

describe('the time in breach', () => {
  const [p95] = LIMITS
  const at = (minute: number, value: number | null) => ({ ts: minute * 60_000, ...FIGURES, p95_ms: value })
  it.each([
    ['began when the last run of critical values began', [at(0, 900), at(1, 1600), at(2, 1200), at(3, 1700), at(8, 1501)], 300],
    ['is none while the newest value is at the limit', [at(0, 1600), at(1, 1500)], 0],
    ['is none without data', [at(0, 1600), at(1, null)], 0],
    ['reaches back to the first point when all are critical', [at(0, 1600), at(1, 1600)], 60],
  ])('%s', (_what, points, seconds) => {
    if (p95 === undefined) throw new Error('no limits')
    expect(figureView(p95, points).inBreachS).toBe(seconds)
  })
})

describe('a rollout', () => {
  const answer: RolloutView = {
    id: 'rollout-1',
    phase: 'live',
    phaseReason: null,
    subState: 'holding',
    reasons: ['2 of 10 min without a warning', 'score_rate is critical'],
    sentence: '',
    watchedAt: 0,
    step: { index: 1, name: '10 %' },
    steps: [0, 0.1, 0.5, 1].map((share) => ({ name: `${share}`, share, dwellS: 3600, approval: false, proven: false })),
    share: 0.1,
    ceiling: 0.5,
    startedAt: 0,
    startedBy: 'operator',
    stepStartedAt: 0,
    endedAt: null,
    dwell: { servedS: 1800, neededS: 3600, earliestAdvanceAt: Date.parse('2026-11-25T12:30:00Z') },
    expectedEndAt: null,
    exposure: { share: 0.1, strategies: 12, of: 120, capital: '12000', ofCapital: '120000', leaseUntil: null },
    epoch: 1,
    mlOff: false,
    gates: [
      {
        gate: 'score_rate',
        value: 0.4,
        unit: 'share of what is due',
        state: 'critical',
        good: 10 / 12,
        critical: 5 / 12,
        holdS: 3600,
        inBreachS: 90,
        breach: null,
        history: 'OBBB',
      },
    ],
    scoresPerMinute: null,
    breaches: { inStep: 1, total: 2, critical: 0, ended: [] },
    modifiers: [{ gate: 'p95', kind: 'floor', amount: 0.05 }],
    floor: { effective: 0.6, base: 0.55 },
    pollIntervalMs: { effective: 60_000, base: 60_000 },
    paused: { by: 'operator', since: 0 },
    approval: null,
    override: null,
    planDigest: '',
    model: { version: 'ml-fusion-1.2', hash: '' },
    verdict: 'unproven',
    cooldownUntil: null,
    successCriteria: null,
  }

  it('is shown with step, exposure, good time, what was changed, and what it waits for', () => {
    expect(text(snapshot({ rollout: seen(viewOf(answer)) }))).toContain(`PHASE  live, holding; step 10 %, 2 of 4, up to 50 %
       12 of 120 strategies, 12,000 of 120,000 of capital on ML; model unproven
       good time 30 min of 60 min, next step at the earliest 11-25 12:30 UTC
       breaches 1 in this step, 2 in all, 0 critical
       floor 0.6, base 0.55
       paused by operator
       waits for 2 of 10 min without a warning
       waits for score_rate is critical
KILLED all by operator: odd fills

GATES  measured until 12 s ago
                           now       good  critical  state    in breach
  ml.score of due         40 % >= 83.33 % < 41.67 %  CRITICAL 90 s of 60 min
`)
  })

  it('that has ended says how and why, and no step', () => {
    const ended = {
      ...answer,
      phase: 'rolled_back' as const,
      subState: 'ended' as const,
      phaseReason: 'p95 beyond 1500 ms',
    }
    const shown = text(snapshot({ rollout: seen(viewOf(ended)) }))
    expect(shown).toContain('PHASE  rolled back (p95 beyond 1500 ms)\n')
    expect(shown).not.toContain('good time')
    expect(shown).not.toContain('waits for')
  })
})
