import { dirname } from 'node:path'
import { systemClock } from '@spark/server/clock'
import { ROOT_DIR } from '@spark/server/config'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { folderClock } from '@spark/server/folder-clock'
import { hasProvenItself, readLastGood, writeLastGood } from '@spark/server/release/last-good'
import { commitRelease, makeRelease, releasesDir } from '@spark/server/release/make-release'
import { pruneReleases } from '@spark/server/release/prune-releases'
import { ReleaseProblem } from '@spark/server/release/release-problem'
import type { Release, SupervisorState } from '@spark/server/supervisor/supervisor-contract'
import { CheckFailed } from '../output.ts'
import { askSupervisor } from '../supervisor.ts'
import type { DeployRun } from './deploy-run.ts'

/** More than a release sees. */
const ROLLOUTS_MAX = 100

/** Rejects with CheckFailed when nothing runs. */
export async function runningSupervisor({ config }: DeployRun): Promise<SupervisorState> {
  const state = await askSupervisor(config)
  if (state === null)
    throw new CheckFailed(
      `Spark does not run on ${config.dataDir}, so there is nothing to deploy to. Start it with bin/spark up: it runs this checkout`,
    )
  return state
}

/** The release of this checkout, and the one that runs, each in a folder of its own. */
export async function prepareRelease(run: DeployRun, state: SupervisorState): Promise<{ release: Release; back: Release }> {
  const { config, allowDirty } = run
  let release: Release | null = null
  let back: Release = state.release
  await run.stage('release', async () => {
    await keepLastGood(run, state)
    back = await ownFolder(state.release, config.dataDir)
    release = await asCheck(makeRelease({ rootDir: ROOT_DIR, dataDir: config.dataDir, allowDirty, clock: systemClock }))
    run.sha = release.sha
    const needed = [state.release, back, ...state.workers, state.executor, release, readLastGood(config.dataDir) ?? release]
    const gone = pruneReleases(config.dataDir, new Set(needed.map(({ dir }) => dir)))
    return `build ${release.sha.slice(0, 12)} in ${release.dir}${gone === 0 ? '' : `, ${gone} old ones removed`}`
  })
  if (release === null) throw new CheckFailed('no release was made')
  const { dir } = release
  await run.stage('dashboard', () => pageOf(dir))
  return { release, back }
}

/** The page of a release is there before its workers are asked for it. */
async function pageOf(dir: string): Promise<string> {
  try {
    return (await buildDashboard(dir)).built ? 'built' : 'built before, from the same sources'
  } catch (error) {
    throw new CheckFailed((error as Error).message)
  }
}

/** What a rollback returns to, from now on in a folder of its own. */
export async function keepLastGood(run: DeployRun, state: SupervisorState): Promise<Release> {
  const known = await knownGood(run, state)
  if (known !== null) return known
  const good = await ownFolder(state.release, run.config.dataDir)
  writeLastGood(run.config.dataDir, good)
  return good
}

/**
 * The release that was noted as good, unless the running one has proven itself since; null: then, and before the first was noted, the
 * running one is good.
 */
export async function knownGood({ config, stores }: DeployRun, { release }: SupervisorState): Promise<Release | null> {
  const known = readLastGood(config.dataDir)
  if (known === null || known.sha === release.sha) return known
  const rollouts = (await stores.rollouts.list(ROLLOUTS_MAX)).map(({ state }) => state)
  return hasProvenItself(release, rollouts, folderClock(config).nowMs()) ? null : known
}

/** `spark up` runs a checkout, and a checkout moves on: what must be found again lies in a folder of its own. */
export async function ownFolder(release: Release, dataDir: string): Promise<Release> {
  if (dirname(release.dir) === releasesDir(dataDir)) return release
  try {
    return await commitRelease(release.dir, dataDir, release.sha, systemClock)
  } catch (error) {
    if (!(error instanceof ReleaseProblem)) throw error
    // No checkout, or another lock file by now: where it lies is all there is.
    return release
  }
}

export async function asCheck<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ReleaseProblem) throw new CheckFailed(error.message)
    throw error
  }
}
