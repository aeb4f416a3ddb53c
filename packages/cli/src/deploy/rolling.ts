import { exposedShare, hasEnded } from '@spark/core/rollout/state'
import { standingOf } from '@spark/core/rollout/standing'
import type { Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { ceilingOf, explicitSettings } from '@spark/server/live-settings'
import { tickFacts } from '@spark/server/rollout/tick-facts'
import { isOnHost } from '@spark/server/process-name'
import { createLiveSettingStore } from '@spark/server/storage/live-setting-store'
import { createProcessReportStore, parityProblem, REPORT_FRESH_MS } from '@spark/server/storage/process-report-store'
import type { Release } from '@spark/server/supervisor/supervisor-contract'
import { CheckFailed } from '../output.ts'
import { askApi, askExecutor } from '../processes.ts'
import { switchWorkers } from '../supervisor.ts'
import { untilHolds } from '../until-holds.ts'
import { prepareRelease, runningSupervisor } from './deploy-release.ts'
import type { DeployRun } from './deploy-run.ts'
import { applyEnvironment } from './deploy-settings.ts'
import { underWay } from './start-preview.ts'

/** A process that is gone counts for 15 s, and one reports every 5 s. */
const PARITY_LIMIT_MS = 25_000
const HEALTH_LIMIT_MS = 5000
const LOOK_EVERY_MS = 500

/** Worker by worker, then the executor; then whether the gates allow what the deploy asks for. Rejects with CheckFailed. */
export async function deployRolling(run: DeployRun): Promise<void> {
  const { config } = run
  const state = await runningSupervisor(run)
  const given = explicitSettings(config)
  // Less exposure does not wait for anything; more only comes with processes that were verified.
  const lowers = given.FEATURE_ML_SCORING !== undefined && ceilingOf(config.scoring) < ((await underWay(run))?.state.ceiling ?? 0)
  if (lowers) await run.stage('settings', () => applyEnvironment(run))
  const { release, back } = await prepareRelease(run, state)
  await rollWorkers(run, { release, back, givesWay: false })
  await run.stage('healthz', () => healthOn(config, release.sha))
  await run.stage('parity', () => waitForParity(run))
  if (!lowers) await run.stage('settings', () => applyEnvironment(run))
  if (given.FEATURE_ML_SCORING !== undefined) await run.stage('gates', () => gatesAllow(run))
}

/** Every worker and the executor, with a line for each. */
export async function rollWorkers(
  run: DeployRun,
  { release, back, givesWay }: { release: Release; back: Release; givesWay: boolean },
): Promise<void> {
  const rollout = await underWay(run)
  await run.stage('workers', async () => {
    let count = 0
    const modelHash = rollout?.frozen.modelHash ?? null
    await switchWorkers(run.config, { kind: 'rolling', release, back, modelHash, givesWay }, (text, ms) => {
      count++
      run.output.note(`    ${text} (${ms} ms)`)
    })
    return `${count} processes run build ${release.sha.slice(0, 12)}; old workers end with their connections`
  })
}

/** What stands before the api may keep a connection to an old worker, which answers once more before it closes it. */
function healthOn(config: Config, sha: string): Promise<string> {
  return untilHolds({ limitMs: HEALTH_LIMIT_MS, everyMs: LOOK_EVERY_MS }, async () => {
    for (const answer of [await askApi(config), await askExecutor(config)]) {
      if ('problem' in answer) return { problem: answer.problem }
      const { ok, detail, buildSha, process } = answer.health
      if (!ok || buildSha !== sha) return { problem: `${process}: ${detail ?? `build ${buildSha}`}` }
    }
    return { value: 'api and executor are ok, on this build' }
  })
}

function waitForParity({ config, stores }: DeployRun): Promise<string> {
  const reports = createProcessReportStore(stores.db)
  return untilHolds({ limitMs: PARITY_LIMIT_MS, everyMs: LOOK_EVERY_MS }, async () => {
    const all = await reports.since(folderClock(config).nowMs() - REPORT_FRESH_MS)
    // The others are deployed on their own; exposure does not rise before they agree too.
    const seen = all.filter(({ process }) => isOnHost(process, config.hostName))
    const problem = parityProblem(seen)
    return problem === null
      ? { value: `${seen.map(({ process }) => process).join(', ')} agree in build, schema and model` }
      : { problem }
  })
}

/** The ceiling is recorded whatever comes out: the controller goes on to it by itself. */
async function gatesAllow(run: DeployRun): Promise<string> {
  const asked = ceilingOf(run.config.scoring)
  if (asked === 0) return 'no share is asked for'
  const rollout = await run.stores.rollouts.newest()
  if (rollout === null || hasEnded(rollout.state))
    throw new CheckFailed(`no rollout is under way, so ${asked} is only noted; begin with deploy.sh --canary`)
  const { state, frozen } = rollout
  const share = exposedShare(frozen.plan, state)
  if (share >= asked) return `${share} acts on ML, ${asked} is approved`
  const facts = await tickFacts(
    {
      config: run.config,
      stores: run.stores,
      settings: createLiveSettingStore(run.stores.db),
      reports: createProcessReportStore(run.stores.db),
      clock: folderClock(run.config),
      topErrors: () => [],
    },
    run.stores.db,
    frozen.modelVersion,
  )
  const { reasons } = standingOf(frozen.plan, state, facts, folderClock(run.config).nowMs())
  throw new CheckFailed(
    `${asked} is approved and recorded, but the gates do not allow it yet: ${rollout.id} is in ${state.phase.replace('_', ' ')} (${share} acts on ML) ` +
      `since ${isoTime(state.stepStartedMs)}. Missing: ${reasons.join('; ') || 'the next tick'}. The controller goes on by itself`,
  )
}

function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
