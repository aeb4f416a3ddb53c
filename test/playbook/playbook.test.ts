import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSpark, eventually, healthy, ROOT, type Spark } from '../support/spark.ts'

// The commands of docs/playbook.tr.md as printed there, with this test's ports in place of 3003 and 4001.

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const missing = ['bash', 'curl', 'jq', 'bc', 'grep', 'awk'].filter((program) => !has(program))

const text = readFileSync(`${ROOT}docs/playbook.tr.md`, 'utf8')
/** What the specification has of it; not in every checkout. */
const SPECIFIED = `${ROOT}../shared/playbook.tr.md`

/** With their continued lines. */
function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/```bash\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Commands of the bash blocks below a heading. */
function commandsOf(section: string): string[] {
  const start = text.indexOf(section)
  if (start < 0) throw new Error(`the playbook has no section ${section}`)
  const end = text.indexOf('\n## ', start + 1)
  return commandsIn(text.slice(start, end < 0 ? undefined : end))
}

const commandWith = (section: string, ...parts: string[]): string => {
  const found = commandsOf(section).find((command) => parts.every((part) => command.includes(part)))
  if (found === undefined) throw new Error(`section ${section} has no command with ${parts.join(' and ')}`)
  return found
}

it.skipIf(!existsSync(SPECIFIED))(
  'the commands are those of the specification, one by one (skipped where there is no ../shared/playbook.tr.md)',
  () => {
    const specified = commandsIn(readFileSync(SPECIFIED, 'utf8'))
    expect(specified.length).toBeGreaterThan(50)
    expect(commandsIn(text)).toEqual(specified)
  },
)

describe.skipIf(missing.length > 0)(
  `the playbook's commands (skipped where ${missing.join(', ') || 'nothing'} is missing)`,
  () => {
    let spark: Spark
    beforeAll(async () => {
      spark = await createSpark()
      spark.start('up')
      await healthy(spark)
      await healthy(spark, 'executor')
      await eventually('a score', 60_000, async () => {
        const response = await fetch(`${spark.apiUrl}/api/audit/list`, {
          method: 'POST',
          body: JSON.stringify({ limit: 1, action: 'ml.score' }),
        })
        return ((await response.json()) as { items: unknown[] }).items.length > 0
      })
      // The figures need one sealed slice: 30 s, 5 s after its end.
      await eventually(
        'figures',
        80_000,
        async () =>
          ((await (await fetch(`${spark.apiUrl}/api/tools/get_metrics`)).json()) as { p95_ms: number | null }).p95_ms !== null,
      )
    }, 180_000)
    afterAll(() => spark.remove())

    async function bash(command: string): Promise<string> {
      const own = command
        .replaceAll('localhost:3003', new URL(spark.apiUrl).host)
        .replaceAll('localhost:4001', new URL(spark.executorUrl).host)
      const child = spawn('bash', ['-o', 'pipefail', '-c', own], { cwd: spark.dataDir, stdio: ['ignore', 'pipe', 'pipe'] })
      let out = ''
      let errors = ''
      child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece))
      child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
      expect(`${code} ${errors}`, own).toBe('0 ')
      return out.trim()
    }

    /** What `watch -n N '…'` runs each time. */
    const watched = (command: string) => /^watch -n \d+ '([\s\S]*)'$/.exec(command)?.[1] ?? ''

    it('0: health', async () => {
      const answer = JSON.parse(await bash(commandWith('## 0', 'api/healthz'))) as Record<string, unknown>
      expect(answer).toMatchObject({ ok: true, version: '1.5.0' })
      expect(answer['buildSha']).not.toBe('')
    })

    it('0: the X-Build-SHA header is there', async () => {
      expect(await bash('curl -si http://localhost:3003/api/healthz')).toMatch(/x-build-sha: \S+/i)
    })

    it.each(['alert/last', 'metrics', 'smoke-last'])('0: public/%s', async (name) => {
      const answer = JSON.parse(await bash(commandWith('## 0', `public/${name}`))) as Record<string, unknown>
      expect(answer['status']).toBe('OK')
      expect(answer).not.toHaveProperty('_mock')
    })

    it('0: the score fails closed', async () => {
      const answer = JSON.parse(await bash(commandWith('## 0', 'ml/score'))) as Record<string, unknown>
      expect(answer).toMatchObject({ decision: 0, advisory: true, guardrails: { pass: false }, _err: 'invalid_feature' })
    })

    it('1: version', async () => {
      expect(JSON.parse(await bash(commandWith('## 1', 'ml/version')))).toMatchObject({
        featureVersion: 'v2.0',
        modelVersion: 'ml-fusion-1.2',
      })
    })

    it('3: the team is told', async () => {
      let told = ''
      const slack = createServer((request, response) => {
        request.on('data', (piece: Buffer) => (told += piece.toString()))
        request.on('end', () => response.end('ok'))
      })
      await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve))
      const webhook = `http://127.0.0.1:${(slack.address() as AddressInfo).port}/`
      try {
        const own = `export PATH=${ROOT}bin:$PATH SPARK_NOTIFY_PRIVATE=true SLACK_WEBHOOK_URL=${webhook}`
        await bash(`${own}; ${commandWith('## 3', 'slack-notify')}`)
      } finally {
        await new Promise((resolve) => slack.close(resolve))
      }
      expect(told).toContain('ROLLBACK COMPLETE: ML Scoring disabled')
    })

    it('4: executor health and timestamp drift', async () => {
      expect(JSON.parse(await bash(commandWith('## 4', '4001/health')))).toMatchObject({ ok: true })
      const drift = await bash(commandWith('## 4', 'spark_last_update_timestamp'))
      const seconds = Number(drift.split('\n').at(-1)?.split(' ')[1])
      expect(Math.abs(Date.now() / 1000 - seconds)).toBeLessThan(30)
    })

    it('3 and 4: health in one word, and a marker for the calibration', async () => {
      expect(await bash(commandWith('## 3', "'.ok'"))).toBe('true')
      await bash(`mkdir -p data; ${commandWith('## 4', 'calibration_markers.csv')}`)
      expect(readFileSync(`${spark.dataDir}/data/calibration_markers.csv`, 'utf8')).toMatch(
        /^\d{4}-.*,low_confidence_period,median_confid=0\.38\n$/,
      )
    })

    it('4: the three most frequent errors', async () => {
      await bash(commandWith('## 0', 'ml/score'))
      const top = JSON.parse(await bash(commandWith('## 4', 'audit/list'))) as { err: string; count: number }[]
      expect(top[0]).toMatchObject({ err: 'invalid_feature' })
      expect(top[0]?.count).toBeGreaterThan(0)
    })

    it('6: SLO figures', async () => {
      const figures = JSON.parse(await bash(watched(commandWith('## 6', 'timeseries')))) as Record<string, number>
      expect(figures['p95']).toBeGreaterThan(0)
      expect(figures['p95']).toBeLessThan(5000)
      expect(figures['stale']).toBeLessThan(30)
      expect(figures['err']).toBe(0)
    })

    it('6: cardinality and confidence', async () => {
      expect(Number(await bash(watched(commandWith('## 6', 'ml.score', ']|length'))))).toBeGreaterThan(0)
      const confidence = Number(await bash(watched(commandWith('## 6', 'confid|tonumber'))))
      expect(confidence).toBeGreaterThan(0)
      expect(confidence).toBeLessThan(1)
    })

    it('6: the size of the dead letter queue', async () => {
      const printed = await bash(watched(commandWith('## 6', 'spark_dlq_size')))
      expect(printed.split('\n').at(-1)).toBe('0')
    })

    it('6: the alert script reads figures that bc can compare', async () => {
      for (const name of ['P95', 'STALE', 'ERR']) {
        const line = commandWith('## 6', `${name}=$(curl`)
        expect(await bash(`${line}; echo "$${name} > 100000" | bc -l`)).toBe('0')
      }
    })

    it('6: one turn of the alert script as printed finds nothing to tell', async () => {
      const script = commandsOf('## 6')
      const turn = script.slice(script.indexOf('while true; do')).map((line) => (line === 'sleep 60' ? 'break' : line))
      expect(turn.length).toBeGreaterThan(15)
      expect(await bash(turn.join('\n'))).toBe('')
    })

    it('7: bucket and parts are in the newest row, whenever that is a score', async () => {
      const newest = commandWith('## 7', '.ml_bucket, parts')
      type Newest = { bucket: number | null; parts: Record<string, number> }
      // An order or an alert may be newer for a moment; the strategies ask every few seconds.
      const answer = await eventually('a score is the newest row', 20_000, async () => {
        const seen = JSON.parse(await bash(newest)) as Newest
        return seen.bucket === null ? null : { ...seen, bucket: seen.bucket }
      })
      expect(answer.bucket).toBeGreaterThanOrEqual(0)
      expect(Object.keys(answer.parts)).toEqual(['rsi', 'macd', 'trend'])
    })

    it('7: the daily snapshot and its bucket distribution', async () => {
      const snapshot = commandWith('## 7', 'limit":10000')
      const distribution = commandWith('## 7', 'group_by(.)')
      const buckets = JSON.parse(await bash(`mkdir -p data; date=$(date +%Y%m%d); ${snapshot}; ${distribution}`)) as {
        bucket: number
        count: number
      }[]
      expect(buckets.length).toBeGreaterThan(0)
      for (const { bucket, count } of buckets) expect([count > 0, bucket >= 0 && bucket <= 0.9]).toEqual([true, true])
    })

    it('spark preflight holds every check, and public/smoke-last serves its result', async () => {
      const preflight = await spark.run('preflight')
      expect(preflight.code, preflight.stdout).toBe(0)
      expect(preflight.stdout).toContain('Preflight passed.')
      const smoke = JSON.parse(await bash(commandWith('## 0', 'public/smoke-last'))) as {
        smoke: { ok: boolean; checks: unknown[] }
      }
      expect(smoke.smoke.ok).toBe(true)
      expect(smoke.smoke.checks.length).toBeGreaterThan(5)
    })

    it('the playbook was read', () => {
      expect(existsSync(`${ROOT}docs/playbook.tr.md`)).toBe(true)
      expect(commandsOf('## 0').length).toBeGreaterThan(4)
    })
  },
)
