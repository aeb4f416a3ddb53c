import type { RolledBack } from '@spark/contract/health'
import { hasEnded } from '@spark/core/rollout/state'
import { buildSha } from '@spark/server/build-sha'
import { systemClock } from '@spark/server/clock'
import { folderClock } from '@spark/server/folder-clock'
import { explicitSettings } from '@spark/server/live-settings'
import { commandRollout } from '@spark/server/rollout/decide-rollout'
import { isOf } from '@spark/server/supervisor/follow-rollback'
import type { SupervisorState } from '@spark/server/supervisor/supervisor-contract'
import { CheckFailed } from '../output.ts'
import { askApi } from '../processes.ts'
import { askSupervisor, idleSupervisor, switchWorkers } from '../supervisor.ts'
import { keepLastGood, knownGood, ownFolder } from './deploy-release.ts'
import { waitForDeploys, type DeployRun } from './deploy-run.ts'
import { apply, applyDeps } from './deploy-settings.ts'
import { rollWorkers } from './rolling.ts'
import { verifyOff } from './verify-worker.ts'

/** ML off first, whatever else is up or under way; then the last good release, verified. Rejects with CheckFailed. */
export async function deployRollback(run: DeployRun): Promise<void> {
  await run.stage('ML off', () => turnOff(run))
  await whenIdle(run, (state) => returnVerified(run, state))
}

/** When this rollout was rolled back. Rejects with CheckFailed when it was not, or another one began since. */
export async function rollbackOf(stores: DeployRun['stores'], rollout: string): Promise<RolledBack> {
  const newest = await stores.rollouts.newest()
  if (newest === null || newest.id !== rollout)
    throw new CheckFailed(`${rollout} is not the newest rollout${newest === null ? '' : `, ${newest.id} is`}: nothing returns`)
  const { endedMs, phase } = newest.state
  // One that was killed after its rollback, or whose kill was lifted, has ended all the same.
  if (endedMs === null || !hasEnded(newest.state))
    throw new CheckFailed(
      `${rollout} is in ${phase.replace('_', ' ')}, and was not rolled back: spark rollout rollback does that`,
    )
  return { rollout, atMs: endedMs }
}

/** ML is off already: the release alone, unless a newer one was begun since. Rejects with CheckFailed. */
export async function deployAfter(run: DeployRun, { rollout, atMs }: RolledBack): Promise<void> {
  await run.stage('rolled back', async () => {
    const because = (await run.stores.rollouts.newest())?.state.phaseReason ?? 'ended'
    return `${rollout}, ${((folderClock(run.config).nowMs() - atMs) / 1000).toFixed(1)} s ago: ${because}`
  })
  await whenIdle(run, async (state) => {
    if (isOf({ atMs }, state.release)) return returnVerified(run, state)
    run.needless = `build ${state.release.sha.slice(0, 12)} was begun after ${rollout} was rolled back: it stays`
  })
}

/** Alone, with what runs when nothing is switched any more. */
async function whenIdle(run: DeployRun, work: (state: SupervisorState) => Promise<void>): Promise<void> {
  if ((await askSupervisor(run.config)) === null)
    throw new CheckFailed(
      'ML is off, and stays off. Spark does not run, so no release could be switched: start a good one with bin/spark up in its checkout',
    )
  const unlock = await waitForDeploys(run)
  try {
    await work(await idleSupervisor(run.config))
  } finally {
    unlock()
  }
}

async function returnVerified(run: DeployRun, state: SupervisorState): Promise<void> {
  const problem = await returnToLastGood(run, state).then(
    () => null,
    (error: unknown) => error,
  )
  // Off is off, also while a release that is not the good one goes on.
  await verifyRolledBack(run)
  if (problem !== null) throw problem
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
  const { sha } = (await knownGood(run, state)) ?? state.release
  run.sha = sha
  const regular = [state.executor, ...state.workers.filter(({ state: is, canary }) => is !== 'draining' && !canary)]
  // A checkout that has moved on would start its new code when a process is started again.
  const stays = regular.every((one) => one.sha === sha && buildSha(one.dir) === sha)
  if (!stays)
    return rollWorkers(run, {
      release: await keepLastGood(run, state),
      back: await ownFolder(state.release, run.config.dataDir),
      givesWay: true,
    })
  await run.stage('workers', async () => {
    const ended: string[] = []
    await switchWorkers(run.config, { kind: 'end_canary', release: null, back: null, modelHash: null }, (text) =>
      ended.push(text),
    )
    return [`build ${sha.slice(0, 12)} runs, and is the last good one: it stays`, ...ended].join('; ')
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
