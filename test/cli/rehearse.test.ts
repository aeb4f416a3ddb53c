import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { createSpark, type Spark } from '../support/spark.ts'

/** Half an hour in place of 31. */
function planFile(strategies: number): string {
  const lines = Array.from({ length: strategies }, (_, at) => {
    const symbol = at < 4 ? 'BTCUSDT' : 'ETHUSDT'
    return `  - { id: s-${at}, symbol: ${symbol}, tf: 1m }`
  })
  return `strategies:
${lines.join('\n')}
rollout:
  steps:
    - { share: 0, dwellMin: 4 }
    - { share: 0.1, dwellMin: 3 }
    - { share: 1, dwellMin: 5 }
  gates:
    p95: { holdMin: 2 }
    confid_median: { good: 0.52, critical: 0.51, holdMin: 5 }
`
}

let spark: Spark
let plan: string
beforeAll(async () => {
  spark = await createSpark({ CANARY_SYMBOL: 'BTCUSDT', CANARY_TIMEFRAME: '1m', POLL_INTERVAL_MS: '15000' })
  plan = join(spark.dataDir, 'plan.yaml')
  writeFileSync(plan, planFile(10))
})
afterAll(() => spark.remove())

describe('spark rehearse', () => {
  it('ends in done and 0 without a fault; the same seed gives the same bytes, another one others', async () => {
    const json = (seed: string) => spark.run('rehearse', '--plan', plan, '--seed', seed, '--json')
    const [first, again, other] = await Promise.all([json('7'), json('7'), json('8')])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(first.stdout)).toMatchObject({ ok: true, phase: 'done', seed: 7, strategies: 10, problems: [] })
    expect(again.stdout).toBe(first.stdout)
    expect((JSON.parse(other.stdout) as { digest: string }).digest).not.toBe(
      (JSON.parse(first.stdout) as { digest: string }).digest,
    )
  })

  it('rolls back on the faults of a file, writes both reports, and ends with 1 when that was not to be', async () => {
    const [faults, page, report] = ['faults.yaml', 'report.html', 'report.txt'].map((name) => join(spark.dataDir, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(faults, 'expect: rolled_back\nfaults:\n  - { kind: latency, atMin: 11, forMin: 10, strength: 2500 }\n')
    const call = ['rehearse', '--plan', plan, '--faults', faults]
    const [good, bad] = await Promise.all([
      spark.run(...call, '--html', page, '--out', report),
      spark.run(...call, '--expect', 'done'),
    ])
    expect(good).toMatchObject({ code: 0, stderr: '', stdout: 'ended in rolled_back, as expected\n' })
    expect(readFileSync(report, 'utf8')).toContain('GOOD: ended in rolled_back, as expected')
    expect(readFileSync(page, 'utf8')).toContain('<h1>Rehearsal ended in rolled_back, as expected</h1>')
    expect(bad.code).toBe(1)
    expect(bad.stdout).toContain('NOT GOOD: ended in rolled_back, and done was expected: p95 beyond 1500 ms')
  })

  it('rolls out the document of a file, labels its decisions, and says so; a wrong document is wrong usage', async () => {
    const [document, wrong] = ['candidate.json', 'wrong.json'].map((name) => join(spark.dataDir, name)) as [string, string]
    const candidate = { ...ML_FUSION_1_2, version: 'candidate', weights: { rsi: 0, macd: 0, trend: 1 }, parent: 'ml-fusion-1.2' }
    writeFileSync(document, JSON.stringify(candidate))
    writeFileSync(wrong, JSON.stringify({ ...candidate, kappa: 99 }))
    const call = ['rehearse', '--plan', plan, '--json', '--model']
    const [good, bad] = await Promise.all([spark.run(...call, document), spark.run(...call, wrong)])
    expect(good.code).toBe(0)
    const { model, judged } = JSON.parse(good.stdout) as { model: string; judged: { labels: number } }
    expect(model).toBe('candidate')
    expect(judged.labels).toBeGreaterThan(0)
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong.json:1: |a| + |kappa| is not within 30') })
  })

  it('says with the arithmetic why a rollout would not be allowed to start, and lists the kinds of faults', async () => {
    const few = join(spark.dataDir, 'few.yaml')
    writeFileSync(few, planFile(5))
    const [refused, kinds] = await Promise.all([spark.run('rehearse', '--plan', few), spark.run('rehearse', '--kinds')])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('the step 10 % would expose nobody: 0.1 × 5 strategies = 0.5')
    expect(kinds.code).toBe(0)
    expect(kinds.stdout.split('\n').length).toBeGreaterThan(22)
    expect(kinds.stdout).toMatch(/^scores +latency +forMin +ms +1 to 60000 +1600 +scores take this much longer$/m)
  })
})
