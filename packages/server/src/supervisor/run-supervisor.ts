import { lookup } from 'node:dns/promises'
import { BoundSocket, isIP } from 'node:net'
import { systemClock } from '../clock.ts'
import { ROOT_DIR, type Config } from '../config.ts'
import { startFolderClock } from '../folder-clock.ts'
import type { Log } from '../log.ts'
import { EXIT_CONFIG, createProcessLife, type ProcessLife } from '../process-life.ts'
import { systemRandomness } from '../random.ts'
import { SUPERVISOR, lockWriter } from '../storage/audit/writer-lock.ts'
import { createAuthenticator, loadTokens } from '../tokens.ts'
import { lowerExposure } from './obey-environment.ts'
import { CHILD_LIMITS, type ChildDeps } from './child.ts'
import { listenControl, type ControlDeps } from './control.ts'
import { startExecutor, type Executor } from './executor.ts'
import { createFollower, type Follower, type ReturnRelease } from './follow-rollback.ts'
import { startedWith, switchedTo } from './running-since.ts'
import { readSupervisorRecord, writeSupervisorRecord } from './supervisor-record.ts'
import type { Followed, Release, SupervisorState, SwitchLine, SwitchRequest } from './supervisor-contract.ts'
import { endCanary, restartWorkers, rollTo, startCanary, type SwitchParts } from './switch-release.ts'
import { NotTaken } from './verify-process.ts'
import { createWorkers, type Worker, type Workers } from './workers.ts'

/** Processes start, hang and end in real time. */
const clock = systemClock

/**
 * Starts the api's workers and the executor from this checkout, watches them, switches them to other releases when it is asked and
 * to the last good one after a rollback, and stops them in reverse. Resolves with the names of the workers when all have answered once. Rejects with StorageError
 * `locked` when another Spark runs on the data folder, and with the system's error when the api's port is taken.
 */
export async function runSupervisor(
  config: Config,
  env: Record<string, string | undefined>,
  log: Log,
  returnRelease: ReturnRelease,
): Promise<{ workers: string[] }> {
  const { dataDir } = config
  const releaseFolder = lockWriter(dataDir, SUPERVISOR)
  const life = createProcessLife(log)
  life.onStop('data folder', releaseFolder)
  const folderClock = startFolderClock(config, true)
  await lowerExposure(config, folderClock, log)
  const begun = startedWith(readSupervisorRecord(dataDir), { sha: config.buildSha, dir: ROOT_DIR }, folderClock.nowMs())
  let { release, followed, gaveWay } = begun
  let follower: Follower | null = null
  const onHealth = (health: unknown) => follower?.hear(health)
  const { workers, first, executor } = await startProcesses(release, { config, env, log, life, onHealth })

  let busy: string | null = null
  const switchTo: ControlDeps['switchTo'] = async (request, tell) => {
    busy = nameOf(request)
    log.info({ request }, `${busy} begins`)
    const begunMs = folderClock.nowMs()
    const parts: SwitchParts = { workers, executor, clock, tell: (text, ms) => tell({ kind: 'stage', text, ms: Math.round(ms) }) }
    tell(
      await runSwitch(parts, request, log, release, (next) => {
        // A rollback while it went on is about it too.
        ;({ release, gaveWay } = switchedTo({ release, gaveWay }, next, request, begunMs))
        record()
      }),
    )
    busy = null
  }
  const control = await listenControl({
    log,
    authenticate: createAuthenticator(loadTokens(dataDir, systemRandomness)),
    state: (): SupervisorState => ({
      pid: process.pid,
      version: config.version,
      release,
      busy,
      workers: workers.states(),
      executor: executor.state(),
    }),
    switchTo,
  })
  life.onStop('control', () => control.close())
  const record = () => writeSupervisorRecord(dataDir, { pid: process.pid, port: control.port, release, followed, gaveWay })
  record()
  const keep = (next: Followed) => {
    followed = next
    record()
  }
  follower = createFollower({ release: () => release, followed: () => followed, keep, returnRelease, clock, log })
  life.onStop('return of the release', () => follower?.stop())
  await Promise.all([...first.map(({ child }) => child.firstHealthy), executor.firstHealthy])
  return { workers: first.map(({ name }) => name) }
}

/** The workers that begin, and the executor. Rejects with the system's error when the api's port is taken. */
async function startProcesses(
  release: Release,
  {
    config,
    env,
    log,
    life,
    onHealth,
  }: {
    config: Config
    env: Record<string, string | undefined>
    log: Log
    life: ProcessLife
    onHealth: ChildDeps['onHealth']
  },
): Promise<{ workers: Workers; first: Worker[]; executor: Executor }> {
  const childDeps: ChildDeps = {
    clock,
    random: systemRandomness,
    log,
    limits: CHILD_LIMITS,
    onRefused(name: string) {
      log.fatal({ child: name }, 'the process refused to start; its reason stands above')
      life.stop('a process refused to start', EXIT_CONFIG)
    },
    onHealth,
  }
  const socket = new BoundSocket({ host: await numericHost(config.host), port: config.apiPort })
  life.onStop('socket', () => socket.close())
  const workers = createWorkers({ socketFd: socket.fd(), env, clock, childDeps })
  const first = Array.from({ length: config.apiWorkers }, () => workers.begin(release))
  life.onStop('api', () => workers.stop())
  const executor = startExecutor(release, { executorUrl: config.executorUrl, env, clock, childDeps })
  life.onStop('executor', () => executor.stop())
  return { workers, first, executor }
}

async function runSwitch(
  parts: SwitchParts,
  request: SwitchRequest,
  log: Log,
  running: Release,
  onRolled: (release: Release) => void,
): Promise<SwitchLine> {
  try {
    if (request.kind === 'canary') return { kind: 'done', worker: await startCanary(parts, request) }
    if (request.kind === 'end_canary') endCanary(parts)
    else if (request.kind === 'restart') await restartWorkers(parts)
    else {
      await rollTo(parts, request, running)
      if (request.release !== null) onRolled(request.release)
    }
    return { kind: 'done', worker: null }
  } catch (error) {
    log.error({ err: error, request }, `${nameOf(request)} was given up`)
    if (request.kind === 'rolling' && request.back !== null) onRolled(request.back)
    if (error instanceof NotTaken) return { kind: 'problem', text: error.message }
    return { kind: 'problem', text: `defect: ${(error as Error).message}` }
  }
}

function nameOf({ kind, release }: SwitchRequest): string {
  return release === null ? kind : `${kind} to ${release.sha.slice(0, 12)}`
}

/** A socket is bound by number. */
async function numericHost(host: string): Promise<string> {
  return isIP(host) > 0 ? host : (await lookup(host)).address
}
