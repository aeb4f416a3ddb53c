import type { Command } from 'commander'
import type { Client } from '@spark/contract/client'
import type { SmokeCheck } from '@spark/contract/public'
import { loadConfig, type Config } from '@spark/server/config'
import { systemClock } from '@spark/server/clock'
import { folderClock } from '@spark/server/folder-clock'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createSmokeStore, type SmokeStore } from '@spark/server/storage/smoke-store'
import { CheckFailed, type Output } from '../output.ts'
import { apiClient, askExecutor } from '../processes.ts'
import { table } from '../table.ts'

type SmokeResult = Parameters<SmokeStore['put']>[0]
type Check = (client: Client, config: Config) => Promise<string>

/** A check resolves with what it saw and throws with what is wrong. */
function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

/** The playbook's section 0, as a list. */
const CHECKS: Record<string, Check> = {
  'api health': async (client) => {
    const response = await client.open('healthz')
    const body = (await response.json()) as { ok: boolean; detail?: string; version: string }
    expect(body.ok, body.detail ?? 'ok is false')
    const sha = response.headers.get('x-build-sha')
    expect(sha !== null && sha !== '', 'the X-Build-SHA header is missing')
    return `version ${body.version}, X-Build-SHA ${String(sha).slice(0, 12)}`
  },
  'executor health': async (_client, config) => {
    const answer = await askExecutor(config)
    if ('problem' in answer) throw new Error(answer.problem)
    expect(answer.health.ok, answer.health.detail ?? 'ok is false')
    return `feed ${answer.health.feed.name}, ${answer.health.strategies} strategies`
  },
  'public/alert/last': async (client) => publicText(await client.call('alertLast')),
  'public/metrics': async (client) => publicText(await client.call('publicMetrics')),
  'public/smoke-last': async (client) => publicText(await client.call('smokeLast')),
  'score fails closed': async (client) => {
    const feature = { ts: 1, symbol: 'X', tf: '1h', o: null, h: 1, l: 1, c: 1, v: 1 }
    const answer = await client.call('mlScore', { body: { feature } })
    if (answer.mode === 'off') {
      expect(answer.advisory && answer.decision === 0, 'ML is off, and the answer is not closed')
      return 'ML is off: decision 0, advisory true'
    }
    expect(!answer.guardrails.pass, 'guardrails pass a null price')
    expect(answer.advisory && answer.decision === 0 && answer.confid === 0, 'a null price is answered as if it were scored')
    return `_err ${answer._err}, advisory true`
  },
  'score is audited': async (client) => {
    const feature = { ts: 1, symbol: 'PREFLIGHT', tf: '1h', o: null, h: 1, l: 1, c: 1, v: 1 }
    const { traceId, mode } = await client.call('mlScore', { body: { feature } })
    if (mode === 'off') return 'ML is off: no row is written'
    const page = await client.call('auditList', { body: { traceId } })
    expect(page.items.length === 1, `${page.items.length} audit rows for one score`)
    return `row ${page.items[0]?.id}`
  },
  versions: async (client) => {
    const version = await client.call('mlVersion')
    return `features ${version.featureVersion}, model ${version.modelVersion}, schema ${version.schemaHash.slice(0, 12)}`
  },
  figures: async (client) => {
    const { data } = await client.call('timeseries', { query: { window: '1h' } })
    const last = data.at(-1)
    expect(last !== undefined, 'the time series is empty')
    return last?.p95_ms === null
      ? 'no polls measured yet'
      : `p95 ${last?.p95_ms?.toFixed(1)} ms, staleness ${last?.staleness_s?.toFixed(1)} s`
  },
}

export function preflightCommand(program: Command, output: Output): void {
  program
    .command('preflight')
    .description(
      "The playbook's section 0 as one command: a table, and exit code 1 when a check does not hold. /api/public/smoke-last serves the result.",
    )
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark preflight && echo ready')
    .action(async ({ json }: { json?: true }) => {
      const config = loadConfig()
      const result = await runPreflight(config, output)
      if (json === true) output.line(JSON.stringify(result, null, 2))
      else {
        output.line(
          table(
            ['check', 'result', 'detail', 'ms'],
            result.checks.map((check) => [check.name, check.ok ? 'ok' : 'FAILED', check.detail, check.durationMs.toFixed(0)]),
          ),
        )
        output.line(
          result.ok
            ? '\nPreflight passed.'
            : `\nPreflight failed: ${result.checks.filter((check) => !check.ok).length} of ${result.checks.length} checks did not hold.`,
        )
      }
      if (!result.ok) throw new CheckFailed('')
    })
}

/** Every check, one after the other; the result is stored, and served by /api/public/smoke-last. */
export async function runPreflight(config: Config, output: Output): Promise<SmokeResult> {
  const client = apiClient(config)
  const checks: SmokeCheck[] = []
  for (const [name, check] of Object.entries(CHECKS)) checks.push(await runCheck(name, () => check(client, config)))
  const { version, buildSha } = config
  const result = { ts: folderClock(config).nowMs(), ok: checks.every((check) => check.ok), version, buildSha, checks }
  await store(config, result, output)
  return result
}

async function runCheck(name: string, check: () => Promise<string>): Promise<SmokeCheck> {
  const startedMs = systemClock.monotonicMs()
  const end = (ok: boolean, detail: string) => ({
    name,
    ok,
    detail,
    durationMs: Math.round((systemClock.monotonicMs() - startedMs) * 10) / 10,
  })
  try {
    return end(true, await check())
  } catch (error) {
    return end(false, (error as Error).message)
  }
}

/** By a direct transaction: the result is kept also when the api is what fails. */
async function store(config: Config, result: SmokeResult, output: Output): Promise<void> {
  try {
    const database = await openMainDatabase({ path: config.databasePath, thread: false })
    await createSmokeStore(database.db).put(result)
    await database.close()
  } catch (error) {
    output.note(`The result could not be stored: ${(error as Error).message}`)
  }
}

function publicText(answer: { status: string; _mock?: true }): string {
  return answer._mock === true ? `${answer.status}: executor away, last known values` : answer.status
}
