import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { listen } from '../support/event-stream.ts'
import { createSpark, eventually, healthy, onlyCanary, type Ended, type Spark, type SparkProcess } from '../support/spark.ts'

// One installation, told as one story from its first start to the proof of everything that was decided.

let spark: Spark
let up: SparkProcess
beforeAll(async () => {
  spark = await createSpark()
  onlyCanary(spark)
  await start()
}, 60_000)
afterAll(() => spark.remove())

async function start(env: Record<string, string> = {}): Promise<void> {
  const plain = { ...spark.env }
  Object.assign(spark.env, env)
  up = spark.start('up')
  for (const name of Object.keys(env)) delete spark.env[name]
  Object.assign(spark.env, plain)
  await healthy(spark)
  await healthy(spark, 'executor')
  await eventually('a rollout', 20_000, async () => (await view()).id !== null)
}
async function stop(): Promise<void> {
  up.child.kill('SIGTERM')
  await up.ended
}
const view = async () => (await (await fetch(`${spark.apiUrl}/api/rollout`)).json()) as AnswerOf<'rollout'>
const said = ({ code, stdout, stderr }: Ended) => `${code} ${stdout}${stderr}`
async function with_(env: Record<string, string>, ...args: string[]): Promise<Ended> {
  const plain = { ...spark.env }
  Object.assign(spark.env, env)
  try {
    return await spark.run(...args)
  } finally {
    for (const name of Object.keys(env)) delete spark.env[name]
    Object.assign(spark.env, plain)
  }
}
async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${spark.executorUrl}/metrics`)).text()
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}
async function audited(action: string): Promise<{ actor: string; context: Record<string, unknown> }[]> {
  const { stdout } = await spark.run('audit', 'list', '--action', action, '--json')
  return (JSON.parse(stdout) as { items: { actor: string; context: Record<string, unknown> }[] }).items
}

describe('an installation', { shuffle: false }, () => {
  it('the first start begins a rollout in preview, and status says where it stands', async () => {
    const text = said(await spark.run('rollout'))
    expect(text).toMatch(/^0 Preview, nobody acts on ML: it waits \(.*the approved ceiling is preview/)
    expect(text).toMatch(/\nexposure +0 of 12 strategies, 0 of 12000 of capital\n/)
    expect(text).toMatch(/\np95 +\S+ +ms +/)
    expect(JSON.parse((await spark.run('rollout', 'status', '--json')).stdout)).toMatchObject({
      id: 'rollout-1',
      phase: 'preview',
    })
  })

  it('is paused and resumed; the stream tells of it within a second, refusals say why', async () => {
    const stream = listen(spark.apiUrl)
    await eventually('the rollout of now', 5000, async () => stream.events.some(({ event }) => event === 'rollout'))
    expect(said(await spark.run('rollout', 'pause', '--reason', 'tea'))).toMatch(
      /^0 pause: pause by operator: tea\n.*paused by operator/,
    )
    await eventually('the event', 1000, async () =>
      stream.events.some(({ event, data }) => event === 'rollout' && data['subState'] === 'paused'),
    )
    stream.close()
    expect(said(await spark.run('rollout', 'pause'))).toMatch(
      /^1 spark: rollout_refused: the rollout is paused by operator already/,
    )
    expect(said(await spark.run('rollout', 'resume'))).toMatch(/^0 /)
    expect(said(await spark.run('rollout', 'promote', '7'))).toMatch(/^2 spark: 7: must be a share from 0\.1 to 1\.0/)
    expect(said(await spark.run('rollout', 'override', '--reason', 'x', '--confirm', 'yes'))).toMatch(/^2 /)
    expect(said(await spark.run('rollout', 'start'))).toMatch(/^1 spark: rollout_refused: a rollout is under way/)
  })

  it('settings are applied without a restart: executor and api obey at once', async () => {
    expect(said(await spark.run('apply'))).toMatch(/^2 spark: nothing to apply/)
    const env = { ML_CONFID_FLOOR: '0.65', POLL_INTERVAL_MS: '20000', FEATURE_ML_SCORING: '0.5' }
    const text = said(await with_(env, 'apply', '--reason', 'p95 rises'))
    expect(text).toMatch(/^0 /)
    expect(text).toMatch(/\nML_CONFID_FLOOR +0\.55 +0\.65\n/)
    expect(text).toMatch(/\nPOLL_INTERVAL_MS +60000 +20000\n/)
    expect(text).toContain('the approved ceiling is 50 %; exposure rises only as the gates allow')
    await eventually('the interval', 1500, async () => (await figure('spark_poll_interval_seconds')) === 20)
    expect(await figure('spark_confidence_floor_ratio')).toBe(0.65)
    expect(await figure('spark_rollout_ceiling_ratio')).toBe(0.5)
    expect(await view()).toMatchObject({ ceiling: 0.5, floor: { effective: 0.65 }, pollIntervalMs: { effective: 20_000 } })
    expect(said(await with_({ ML_CONFID_FLOOR: '7' }, 'apply'))).toMatch(/^2 .*ML_CONFID_FLOOR is "7"/s)
  })

  it('the moves of the triage are made by hand, each with its row in the audit', async () => {
    expect(said(await spark.run('triage', 'ping'))).toMatch(/^0 the executor answered in \d+ ms and is ok\n/)
    expect(said(await spark.run('triage', 'drift'))).toMatch(/^0 the executor's clock is \d+ ms (ahead of|behind) this process\n/)
    expect(said(await spark.run('triage', 'jobs'))).toMatch(/^0 every job ran at its time/)
    await eventually('scores', 30_000, async () => (await spark.run('triage', 'signals')).code === 0)
    expect(said(await spark.run('triage', 'errors', '5'))).toMatch(/^0 no error in \d+ audit rows of the last 5 min/)
    expect(said(await spark.run('triage', 'weights'))).toMatch(/^0 ml-fusion-1\.2 has equal weights already/)
    expect(said(await spark.run('triage', 'marker', 'low_confidence_period', 'median_confid=0.38'))).toMatch(/^0 /)
    expect(readFileSync(join(spark.dataDir, 'calibration_markers.csv'), 'utf8')).toMatch(
      /Z,low_confidence_period,median_confid=0\.38\n$/,
    )
    expect(said(await spark.run('triage', 'notify', 'hello'))).toMatch(/^1 no channel is set up/)
    expect(said(await spark.run('triage', 'poll', '30000', '--reason', 'load'))).toMatch(/^0 POLL_INTERVAL_MS 20000 → 30000/)
    const [row] = await eventually('the row', 5000, async () => {
      const rows = await audited('triage.poll')
      return rows.length > 0 && rows
    })
    expect(row).toMatchObject({
      actor: 'operator',
      context: { reason: 'load', before: { POLL_INTERVAL_MS: '20000' }, after: { POLL_INTERVAL_MS: '30000' } },
    })
    const { pid } = await healthy(spark, 'executor')
    expect(said(await spark.run('triage', 'restart'))).toMatch(/^0 the executor, process \d+, was asked to stop/)
    await eventually('another executor', 20_000, async () => (await healthy(spark, 'executor')).pid !== pid)
  }, 90_000)

  it('an environment that asks for more at a start is told how that is approved, and one that asks for less is obeyed', async () => {
    await stop()
    await start({ FEATURE_ML_SCORING: '1.0', POLL_INTERVAL_MS: '5000' })
    expect(up.log()).toContain('FEATURE_ML_SCORING=1.0 is more than what is approved (0.5)')
    expect(up.log()).toContain('POLL_INTERVAL_MS=5000 is not what was applied last (30000)')
    expect(await view()).toMatchObject({ ceiling: 0.5, pollIntervalMs: { effective: 30_000 } })
    await stop()
    await start({ FEATURE_ML_SCORING: 'preview' })
    expect(up.log()).toContain('the environment lowers exposure')
    expect(await view()).toMatchObject({ ceiling: 0 })
  }, 90_000)

  it('the brakes work when nothing runs, and every decision is proved afterwards', async () => {
    await eventually('a decision of the controller', 20_000, async () => (await audited('controller.tick')).length > 0)
    await stop()
    expect(said(await spark.run('rollout', 'pause'))).toMatch(/^0 pause/)
    const text = said(await spark.run('rollout', 'rollback', '--reason', 'drill'))
    expect(text).toMatch(/^0 rollback: rollback by operator: drill\nEpoch 2: .* no ML order was on the wire\.\nRolled back at/)
    expect(text).toMatch(/Committed in \d+ ms\./)
    expect(said(await spark.run('rollout'))).toMatch(/^0 Rolled back at .*not before/)
    expect(said(await spark.run('rollout', 'rollback'))).toMatch(/^1 .*the rollout has ended \(rolled back\)/s)
    up = spark.start('up')
    await healthy(spark)
    await eventually('the rollback in the audit', 20_000, async () => (await audited('rollout.rollback')).length === 1)
    expect(said(await spark.run('rollout', 'history'))).toMatch(/rollout-1 .*rolled back/)
    const replayed = await spark.run('rollout', 'replay', '--rollout', 'rollout-1')
    expect(said(replayed)).toMatch(/^0 rollout-1: \d+ decisions, every one reproduced byte for byte\./)
    expect(said(await spark.run('rollout', 'replay', '--rollout', 'rollout-9'))).toMatch(/^1 The audit tells of no rollout-9/)
  }, 90_000)
})
