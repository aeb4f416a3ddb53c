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
import { table } from '../table.ts'

export type DeployKind = 'canary' | 'rolling' | 'rollback'

/** Characters of a stage's detail in the summary; all of it stands in the audit. */
const DETAIL_SHOWN = 120

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
  /** SHA of the release that it is about, once it is known. */
  sha: string | null
  stages: DeployStage[]
  /** Does it and keeps what came of it. Rejects as `work` does. */
  stage(name: string, work: () => Promise<string>): Promise<void>
}

export function beginDeploy(given: Pick<DeployRun, 'kind' | 'config' | 'output' | 'database' | 'allowDirty'>): DeployRun {
  const stages: DeployStage[] = []
  const add = (stage: DeployStage) => {
    stages.push(stage)
    given.output.note(`${stage.ok ? 'ok' : 'FAILED'}  ${stage.name}: ${stage.detail} (${stage.ms} ms)`)
  }
  return {
    ...given,
    stores: createTradingStores(given.database.db),
    who: { actor: 'operator', traceId: systemRandomness.traceId() },
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

function shortened(text: string): string {
  return text.length > DETAIL_SHOWN ? `${text.slice(0, DETAIL_SHOWN)} …` : text
}

/** Summary for people and a row for the audit. Rejects with CheckFailed when something did not hold. */
export async function finishDeploy(run: DeployRun, problem: string | null, totalMs: number): Promise<void> {
  const { stages, output, stores, kind } = run
  const ok = problem === null
  output.line(
    table(
      ['stage', 'result', 'ms', 'detail'],
      stages.map(({ name, ok: held, ms, detail }) => [name, held ? 'ok' : 'FAILED', String(ms), shortened(detail)]),
    ),
  )
  if (!ok) output.line(`\n${problem}`)
  output.line(`\nDeploy --${kind} ${ok ? 'done' : 'did not hold'} (${(totalMs / 1000).toFixed(1)} s).`)
  await stores.db.transaction().execute((trx) =>
    stores.outbox.add(trx, [
      {
        ts: folderClock(run.config).nowMs(),
        action: 'deploy.finished',
        ...run.who,
        result: ok ? 'ok' : 'err',
        ...(!ok && { _err: 'deploy_failed' }),
        context: { kind, release: run.sha, problem, totalMs, stages },
      },
    ]),
  )
  if (!ok) throw new CheckFailed('')
}
