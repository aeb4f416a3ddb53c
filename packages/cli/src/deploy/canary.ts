import { CheckFailed } from '../output.ts'
import { runPreflight } from '../commands/preflight.ts'
import { askSupervisor, switchWorkers } from '../supervisor.ts'
import { prepareRelease, runningSupervisor } from './deploy-release.ts'
import type { DeployRun } from './deploy-run.ts'
import { applyEnvironment } from './deploy-settings.ts'
import { startPreview, underWay } from './start-preview.ts'
import { verifyVersionAndScore, watchFirstFigures, workerClient } from './verify-worker.ts'

/** Preflight, the release on one extra worker, the rollout in preview, and a look at that worker. Rejects with CheckFailed. */
export async function deployCanary(run: DeployRun): Promise<void> {
  const { config, output } = run
  const state = await runningSupervisor(run)
  await run.stage('preflight', async () => {
    const { ok, checks } = await runPreflight(config, output)
    if (ok) return `${checks.length} checks hold`
    const failed = checks.filter((check) => !check.ok).map(({ name, detail }) => `${name}: ${detail}`)
    throw new CheckFailed(failed.join('; '))
  })
  const { release } = await prepareRelease(run, state)
  const rollout = await underWay(run)
  let name: string | null = null
  await run.stage('canary worker', async () => {
    const modelHash = rollout?.frozen.modelHash ?? null
    const tell = (text: string, ms: number) => output.note(`    ${text} (${ms} ms)`)
    name = await switchWorkers(config, { kind: 'canary', release, back: null, modelHash }, tell)
    return `${name ?? '?'} serves beside the others until a rolling deploy or a rollback`
  })
  await run.stage('settings', () => applyEnvironment(run))
  await run.stage('rollout', () => startPreview(run))
  const worker = (await askSupervisor(config))?.workers.find((one) => one.name === name)
  if (worker === undefined) throw new CheckFailed('the canary worker is gone')
  const client = workerClient(config, worker)
  await run.stage('version and score', () => verifyVersionAndScore(client, release.sha))
  await run.stage('first figures', () => watchFirstFigures(client, config, worker.pid))
}
