import { buildSha } from '@spark/server/build-sha'
import { systemClock } from '@spark/server/clock'
import { explicitSettings } from '@spark/server/live-settings'
import { commandRollout } from '@spark/server/rollout/decide-rollout'
import type { SupervisorState } from '@spark/server/supervisor/supervisor-contract'
import { CheckFailed } from '../output.ts'
import { askApi } from '../processes.ts'
import { askSupervisor, switchWorkers } from '../supervisor.ts'
import { keepLastGood, ownFolder } from './deploy-release.ts'
import { lockDeploys, type DeployRun } from './deploy-run.ts'
import { apply, applyDeps } from './deploy-settings.ts'
import { rollWorkers } from './rolling.ts'
import { verifyOff } from './verify-worker.ts'

/** ML off first, whatever else is up or under way; then the last good release, verified. Rejects with CheckFailed. */
export async function deployRollback(run: DeployRun): Promise<void> {
  await run.stage('ML off', () => turnOff(run))
  const state = await askSupervisor(run.config)
  if (state === null)
    throw new CheckFailed(
      'ML is off, and stays off. Spark does not run, so no release could be switched: start a good one with bin/spark up in its checkout',
    )
  const unlock = lockDeploys(run.config)
  try {
    const problem = await returnToLastGood(run, state).then(
      () => null,
      (error: unknown) => error,
    )
    // Off is off, also while a release that is not the good one goes on.
    await verifyRolledBack(run)
    if (problem !== null) throw problem
  } finally {
    unlock()
  }
}

async function turnOff(run: DeployRun): Promise<string> {
  const { who } = run
  const startedMs = systemClock.monotonicMs()
  const answer = await commandRollout(applyDeps(run).parts, { kind: 'rollback', by: who.actor, reason: 'deploy --rollback' }, who)
  const tookMs = Math.round(systemClock.monotonicMs() - startedMs)
  if ('problem' in answer || explicitSettings(run.config).FEATURE_ML_SCORING === '0')
    await apply(run, { FEATURE_ML_SCORING: '0' })
  if ('problem' in answer) return `${answer.problem}: FEATURE_ML_SCORING is 0 from now on`
  const wire = answer.onTheWire.length === 0 ? 'nothing was on the wire' : `on the wire: ${answer.onTheWire.join(', ')}`
  return `${answer.rollout.id} rolled back by one commit of ${tookMs} ms, epoch ${answer.epoch ?? '?'}, ${wire}`
}

async function returnToLastGood(run: DeployRun, state: SupervisorState): Promise<void> {
  const good = await keepLastGood(run, state)
  run.sha = good.sha
  const regular = [state.executor, ...state.workers.filter(({ state: is, canary }) => is !== 'draining' && !canary)]
  // A checkout that has moved on would start its new code when a process is started again.
  const stays = regular.every(({ sha, dir }) => sha === good.sha && buildSha(dir) === sha)
  if (!stays) return rollWorkers(run, good, await ownFolder(state.release, run.config.dataDir))
  await run.stage('workers', async () => {
    const ended: string[] = []
    await switchWorkers(run.config, { kind: 'end_canary', release: null, back: null, modelHash: null }, (text) =>
      ended.push(text),
    )
    return [`build ${good.sha.slice(0, 12)} runs, and is the last good one: it stays`, ...ended].join('; ')
  })
}

async function verifyRolledBack(run: DeployRun): Promise<void> {
  const { config } = run
  await run.stage('healthz', async () => {
    const api = await askApi(config)
    if ('problem' in api) throw new CheckFailed(api.problem)
    if (!api.health.ok) throw new CheckFailed(api.health.detail ?? 'ok is false')
    return 'ok is true'
  })
  await run.stage('scores are off', async () => {
    const workers = (await askSupervisor(config))?.workers.filter(({ state }) => state === 'serving') ?? []
    for (const { url } of workers) if (url !== null) await verifyOff(url)
    await verifyOff(config.apiUrl)
    return `${workers.map(({ name }) => name).join(', ')} answer with mode off`
  })
}
