import type { RolledBack } from '@spark/contract/health'
import { told } from '@spark/contract/told'
import { systemClock } from '@spark/server/clock'
import type { Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { systemRandomness } from '@spark/server/random'
import type { Who } from '@spark/server/command-event'
import { lockWriter } from '@spark/server/storage/audit/writer-lock'
import type { MainDatabase } from '@spark/server/storage/open-main-database'
import { StorageError } from '@spark/server/storage/storage-error'
import { createTradingStores, type TradingStores } from '@spark/server/storage/trading-stores'
import { CheckFailed, type Output } from '../output.ts'
import { askSupervisor } from '../supervisor.ts'
import { table } from '../table.ts'
import { applyDeps } from './deploy-settings.ts'

export type DeployKind = 'canary' | 'rolling' | 'rollback'

/** Characters of a stage's detail in the summary; all of it stands in the audit. */
const DETAIL_SHOWN = 120
/** With what a return takes after it, two minutes. */
const WAIT_LIMIT_MS = 90_000
const LOOK_EVERY_MS = 500

export interface DeployStage {
  name: string
  ok: boolean
  detail: string
  ms: number
}

/** One deploy: what it works with, and what it has verified so far. */
export interface DeployRun {
  kind: DeployKind
  config: Config
  output: Output
  database: MainDatabase
  stores: TradingStores
  who: Who
  allowDirty: boolean
  /** The rollback after which the supervisor has the release returned; null: a person deploys. */
  after: RolledBack | null
  /** Why there was nothing to do. */
  needless: string | null
  /** SHA of the release that it is about, once it is known. */
  sha: string | null
  stages: DeployStage[]
  /** Does it and keeps what came of it. Rejects as `work` does. */
  stage(name: string, work: () => Promise<string>): Promise<void>
}

export function beginDeploy(
  given: Pick<DeployRun, 'kind' | 'config' | 'output' | 'database' | 'allowDirty' | 'after'>,
): DeployRun {
  const stages: DeployStage[] = []
  const add = (stage: DeployStage) => {
    stages.push(stage)
    given.output.note(`${stage.ok ? 'ok' : 'FAILED'}  ${stage.name}: ${stage.detail} (${stage.ms} ms)`)
  }
  return {
    ...given,
    stores: createTradingStores(given.database.db),
    who: { actor: given.after === null ? 'operator' : 'supervisor', traceId: systemRandomness.traceId() },
    needless: null,
    sha: null,
    stages,
    async stage(name, work) {
      const startedMs = systemClock.monotonicMs()
      const end = (ok: boolean, detail: string) =>
        add({ name, ok, detail, ms: Math.round(systemClock.monotonicMs() - startedMs) })
      try {
        end(true, await work())
      } catch (error) {
        end(false, (error as Error).message)
        throw error
      }
    },
  }
}

/** Only one deploy at a time, also when this one is killed: the kernel gives the lock back. Throws CheckFailed. */
export function lockDeploys(config: Config): () => void {
  try {
    return lockWriter(config.dataDir, 'deploy')
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason !== 'locked') throw error
    throw new CheckFailed('another deploy is under way on this data folder; wait for its end, then deploy again')
  }
}

/** A rollback waits for the deploy that is under way, and says so. Rejects with CheckFailed when that takes too long. */
export async function waitForDeploys({ config, output }: DeployRun): Promise<() => void> {
  const deadlineMs = systemClock.monotonicMs() + WAIT_LIMIT_MS
  for (let saidSo = false; ; saidSo = true) {
    try {
      return lockDeploys(config)
    } catch (error) {
      if (!(error instanceof CheckFailed) || systemClock.monotonicMs() > deadlineMs) throw error
    }
    if (!saidSo) output.note(`    waits for the deploy that is under way, at most ${WAIT_LIMIT_MS / 1000} s`)
    await systemClock.sleep(LOOK_EVERY_MS)
  }
}

function shortened(text: string): string {
  return text.length > DETAIL_SHOWN ? `${text.slice(0, DETAIL_SHOWN)} …` : text
}

/** Summary for people and a row for the audit. Rejects with CheckFailed when something did not hold. */
export async function finishDeploy(run: DeployRun, problem: string | null, totalMs: number): Promise<void> {
  const { config, stages, output, stores, kind, after } = run
  const ok = problem === null
  const nowMs = folderClock(config).nowMs()
  const sinceRollbackMs = after === null ? null : nowMs - after.atMs
  output.line(
    table(
      ['stage', 'result', 'ms', 'detail'],
      stages.map(({ name, ok: held, ms, detail }) => [name, held ? 'ok' : 'FAILED', String(ms), shortened(detail)]),
    ),
  )
  if (!ok) output.line(`\n${problem}`)
  const since = sinceRollbackMs === null ? '' : `, ${(sinceRollbackMs / 1000).toFixed(1)} s after the rollback`
  output.line(`\nDeploy --${kind} ${ok ? 'done' : 'did not hold'} (${(totalMs / 1000).toFixed(1)} s${since}).`)
  const alert = ok ? null : await alertOf(run, problem)
  const { alerts } = applyDeps(run).parts
  const scope = config.hostName === null ? 'release' : `release:${config.hostName}`
  await stores.db.transaction().execute(async (trx) => {
    await stores.outbox.add(trx, [
      {
        ts: nowMs,
        action: 'deploy.finished',
        ...run.who,
        result: ok ? 'ok' : 'err',
        ...(!ok && { _err: 'deploy_failed' }),
        context: { kind, release: run.sha, problem, totalMs, stages, ...(after !== null && { after, sinceRollbackMs }) },
      },
    ])
    if (alert !== null) await alerts.raise(trx, { severity: 'red', code: 'release_not_returned', scope, message: alert })
    else if (ok && kind !== 'canary') await alerts.resolve(trx, 'release_not_returned', scope)
  })
  if (!ok) throw new CheckFailed('')
}

/** Nobody looks at a return that nobody asked for: who has to is told what runs. */
async function alertOf({ config, after }: DeployRun, problem: string): Promise<string | null> {
  if (after === null) return null
  const state = await askSupervisor(config)
  const running = state === null ? [] : [state.executor, ...state.workers.filter((worker) => worker.state !== 'draining')]
  const builds = [...new Set(running.map(({ sha }) => sha.slice(0, 12)))]
  return told('release_not_returned', { rollout: after.rollout, builds: builds.join(', ') || 'nothing', words: problem })
}
