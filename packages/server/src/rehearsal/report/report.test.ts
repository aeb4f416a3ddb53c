import { beforeAll, describe, expect, it } from 'vitest'
import { outcomeOf, type RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { rehearseScaled } from '../scaled-fixture.ts'
import { reportHtml } from './html.ts'
import { reportJson } from './json.ts'
import { reportText } from './text.ts'

const MINUTE = 60_000
const ABOUT = { market: 'the market <of> "tests" & more', lacks: ['<b>nothing</b> is lacking'] }

let rehearsal: Rehearsal
let outcome: RehearsalOutcome
beforeAll(async () => {
  rehearsal = await rehearseScaled(1, [
    { kind: 'crash', atMs: 2 * MINUTE, forMs: 0, strength: 0 },
    { kind: 'latency', atMs: 8 * MINUTE, forMs: 10 * MINUTE, strength: 2500 },
    { kind: 'approve', atMs: 500 * MINUTE, forMs: 0, strength: 1 },
  ])
  outcome = outcomeOf(rehearsal, 'rolled_back')
})

const timesOf = (text: string) =>
  [...text.matchAll(/^ {2}(\d\d:\d\d:\d\d) {2}(?:decision|fault|person|process|waits|alert|venue) /gm)].map(
    ([, time = '']) => time,
  )

describe('the report as text', () => {
  it('tells the faults, the timeline in its order, each step, each criterion, and last of all how it ended', () => {
    const text = reportText(rehearsal, outcome, ABOUT)
    const lines = text.split('\n')
    expect(lines[0]).toContain('20 strategies on the market <of> "tests" & more; a plan of 0.47 h; seed 1; 3 faults')
    expect(lines).toContain('  00:08:00  latency, 2500 ms, for 10 min')
    expect(lines).toContain('  08:20:00  approve (did not begin: it was over before)')
    const times = timesOf(text)
    expect(times.length).toBeGreaterThan(8)
    expect(times).toEqual(times.toSorted((one, other) => one.localeCompare(other)))
    expect(text).toMatch(/^ {2}\S+ {2}process {3}the executor died$/m)
    expect(lines).toContain('Model: ml-fusion-1.2; no decision was labelled, so nothing was judged by its verdict')
    expect(text).toMatch(/^ {2}rolled back {2}\S+ {2}- /m)
    for (const { name, met } of outcome.criteria)
      expect(text).toMatch(new RegExp(`^  ${name} .* ${met ? 'met' : 'NOT MET'}$`, 'm'))
    expect(text).toContain('p95            < 1000 ms')
    expect(lines.at(-1)).toMatch(/^GOOD: ended in rolled_back, as expected; after 00:\d\d:\d\d$/)
  })

  it('names what did not hold, twenty of it at most, and how many more there are', () => {
    const problems = Array.from({ length: 25 }, (_, at) => `problem ${at}`)
    const text = reportText(rehearsal, { ...outcome, ok: false, problems }, ABOUT)
    expect(text).toContain('DID NOT HOLD\n  problem 0\n')
    expect(text).toContain('  problem 19\n  and 5 more: --json gives all\n')
    expect(text).not.toContain('problem 20')
    expect(text.split('\n').at(-1)).toMatch(/^NOT GOOD: /)
  })
})

describe('the report as JSON', () => {
  it('holds all of it, and is the same bytes for the same rehearsal', () => {
    const text = reportJson(rehearsal, outcome, ABOUT)
    expect(text).toBe(reportJson(rehearsal, outcome, ABOUT))
    const json = JSON.parse(text) as Record<string, unknown> & { gates: { gate: string; points: unknown[] }[] }
    expect(Object.keys(json).join(' ')).toBe(
      'ok said problems criteria phase lastedMs seed market lacks startedMs strategies model judged plan faults steps timeline exposed gates auditRows digest',
    )
    expect(json).toMatchObject({ ok: true, phase: 'rolled_back', seed: 1, strategies: 20, digest: rehearsal.digest })
    expect(json.gates.map(({ gate }) => gate).join(' ')).toBe('p95 staleness error_rate score_rate confid_median dead_letters')
    for (const { points } of json.gates) expect(points.length).toBeGreaterThan(10)
  })
})

describe('the report as a page', () => {
  it('escapes whatever it tells', () => {
    const entry = { sinceMs: 1, kind: 'alert', text: '<script>alert("x")</script> & \'y\'' } as const
    const html = reportHtml(
      { ...rehearsal, timeline: [...rehearsal.timeline, entry] },
      { ...outcome, said: '<i>said</i>', problems: ['<u>problem</u>'] },
      ABOUT,
    )
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; ')
    expect(html).toContain('the market &lt;of&gt; &quot;tests&quot; &amp; more')
    expect(html).not.toMatch(/<script|<i>|<u>|<b>/)
  })

  it('needs nothing from elsewhere, and every drawing has a name', () => {
    const html = reportHtml(rehearsal, outcome, ABOUT)
    expect(html).not.toMatch(/\bsrc=|\bhref=|url\(|@import|<script/)
    const drawings = html.match(/role="img"/g) ?? []
    expect(drawings).toHaveLength(9)
    expect(html.match(/role="img" aria-label="[^"]{10,}"/g)).toHaveLength(drawings.length)
    expect(html).toMatch(/aria-label="p95 of scores: at worst \d+ ms at 00:\d\d:\d\d; good up to 1000, critical beyond 1500"/)
    expect(html).toContain('prefers-color-scheme: dark')
  })

  it('draws both thresholds of each gate, and behind every line when something was wrong', () => {
    const html = reportHtml(rehearsal, outcome, ABOUT)
    expect(html.match(/<path class="good"/g)).toHaveLength(6)
    expect(html.match(/<path class="critical"/g)).toHaveLength(6)
    // Two of three faults came to pass, on seven charts.
    expect(html.match(/<rect class="shade"/g)).toHaveLength(14)
    expect(html.match(/<span class="fault" style/g)).toHaveLength(2)
  })
})
