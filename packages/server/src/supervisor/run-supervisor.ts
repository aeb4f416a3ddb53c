import { lookup } from 'node:dns/promises'
import { BoundSocket, isIP } from 'node:net'
import { systemClock } from '../clock.ts'
import { ROOT_DIR, type Config } from '../config.ts'
import { startFolderClock } from '../folder-clock.ts'
import type { Log } from '../log.ts'
import { EXIT_CONFIG, createProcessLife } from '../process-life.ts'
import { systemRandomness } from '../random.ts'
import { SUPERVISOR, lockWriter } from '../storage/audit/writer-lock.ts'
import { createAuthenticator, loadTokens } from '../tokens.ts'
import { lowerExposure } from './obey-environment.ts'
import { CHILD_LIMITS, type ChildDeps } from './child.ts'
import { listenControl } from './control.ts'
import { startExecutor } from './executor.ts'
import { readSupervisorRecord, writeSupervisorRecord } from './supervisor-record.ts'
import type { Release, SupervisorState, SwitchLine, SwitchRequest } from './supervisor-contract.ts'
import { endCanary, restartWorkers, rollTo, startCanary, type SwitchParts } from './switch-release.ts'
import { NotTaken } from './verify-process.ts'
import { createWorkers } from './workers.ts'

/**
 * Starts the api's workers and the executor from this checkout, watches them, switches them to other releases when it is asked,
 * and stops them in reverse. Resolves with the names of the workers when all have answered once. Rejects with StorageError
 * `locked` when another Spark runs on the data folder, and with the system's error when the api's port is taken.
 */
export async function runSupervisor(
  config: Config,
  env: Record<string, string | undefined>,
  log: Log,
): Promise<{ workers: string[] }> {
  const { dataDir, executorUrl } = config
  const releaseFolder = lockWriter(dataDir, SUPERVISOR)
  const life = createProcessLife(log)
  life.onStop('data folder', releaseFolder)
  const folderClock = startFolderClock(config, true)
  await lowerExposure(config, folderClock, log)
  // Processes start, hang and end in real time.
  const clock = systemClock
  const childDeps: ChildDeps = {
    clock,
    random: systemRandomness,
    log,
    limits: CHILD_LIMITS,
    onRefused(name: string) {
      log.fatal({ child: name }, 'the process refused to start; its reason stands above')
      life.stop('a process refused to start', EXIT_CONFIG)
    },
  }
  const socket = new BoundSocket({ host: await numericHost(config.host), port: config.apiPort })
  life.onStop('socket', () => socket.close())
  const workers = createWorkers({ socketFd: socket.fd(), env, clock, childDeps })
  let release = runningSince({ sha: config.buildSha, dir: ROOT_DIR }, dataDir, folderClock.nowMs())
  const first = Array.from({ length: config.apiWorkers }, () => workers.begin(release))
  life.onStop('api', () => workers.stop())
  const executor = startExecutor(release, { executorUrl, env, clock, childDeps })
  life.onStop('executor', () => executor.stop())

  let busy: string | null = null
  const record = (port: number) => writeSupervisorRecord(dataDir, { pid: process.pid, port, release })
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
    async switchTo(request, tell) {
      busy = nameOf(request)
      log.info({ request }, `${busy} begins`)
      const parts: SwitchParts = {
        workers,
        executor,
        clock,
        tell: (text, ms) => tell({ kind: 'stage', text, ms: Math.round(ms) }),
      }
      tell(
        await runSwitch(parts, request, log, release, (next) => {
          release = runningSince(next, dataDir, folderClock.nowMs())
          record(control.port)
        }),
      )
      busy = null
    },
  })
  life.onStop('control', () => control.close())
  record(control.port)
  await Promise.all([...first.map(({ child }) => child.firstHealthy), executor.firstHealthy])
  return { workers: first.map(({ name }) => name) }
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

/** A release that ran last already, from whichever folder, has run since then. */
function runningSince(release: Release, dataDir: string, nowMs: number): SupervisorState['release'] {
  const { sha, dir } = release
  const last = readSupervisorRecord(dataDir)?.release
  return { sha, dir, sinceMs: last?.sha === sha ? last.sinceMs : nowMs }
}

/** A socket is bound by number. */
async function numericHost(host: string): Promise<string> {
  return isIP(host) > 0 ? host : (await lookup(host)).address
}
