import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { keepAlive, type Child, type ChildDeps } from './child.ts'
import type { Release, WorkerState } from './supervisor-contract.ts'
import { NotTaken, verifyWorker, type Expected, type Hashes } from './verify-process.ts'

/** A worker that drains waits at most for its idle connections (65 s); a little more, and it is killed. */
const DRAIN_LIMIT_MS = 75_000

export interface Worker {
  name: string
  release: Release
  child: Child
  state: WorkerState['state']
  canary: boolean
}

/** The api's processes on one socket. */
export interface Workers {
  states(): WorkerState[]
  /** Those that take requests, in the order of their start. */
  serving(): Worker[]
  /** At `spark up`: starts it and goes on; it serves when it is ready. */
  begin(release: Release): Worker
  /** Starts one beside the others. Rejects with NotTaken when it does not become healthy or disagrees; it is gone then. */
  add(release: Release, expected: Expected): Promise<{ worker: Worker; hashes: Hashes }>
  /** Takes nothing new and ends when its connections have; resolves at once. */
  retire(worker: Worker): void
  stop(): Promise<void>
}

export interface WorkersDeps {
  socketFd: number
  env: Record<string, string | undefined>
  clock: Clock
  /** `onRefused` is for workers that serve; one on trial only fails. */
  childDeps: ChildDeps
}

export function createWorkers(deps: WorkersDeps): Workers {
  const all = new Set<Worker>()
  let stopping = false

  function start(release: Release): Worker {
    const name = freeName(new Set([...all].map((worker) => worker.name)))
    const { childDeps } = deps
    const child = keepAlive(
      {
        name,
        entry: join(release.dir, 'packages/server/src/api/main.ts'),
        args: ['--worker', name],
        socketFd: deps.socketFd,
        semiSpaceMb: 8,
        healthUrl: null,
        env: deps.env,
      },
      {
        ...childDeps,
        onRefused: (refused) => {
          if (worker.state === 'serving' && !worker.canary) childDeps.onRefused(refused)
        },
      },
    )
    const worker: Worker = { name, release, child, state: 'starting', canary: false }
    all.add(worker)
    return worker
  }

  return {
    states: () => [...all].map(stateOf),
    serving: () => [...all].filter(({ state }) => state !== 'draining'),
    begin(release) {
      const worker = start(release)
      worker.state = 'serving'
      return worker
    },
    async add(release, expected) {
      const worker = start(release)
      try {
        if (stopping) throw new NotTaken('Spark is stopping')
        const hashes = await verifyWorker(worker.child, release, expected, deps.clock)
        worker.state = 'serving'
        return { worker, hashes }
      } catch (error) {
        await worker.child.stop()
        all.delete(worker)
        if (error instanceof NotTaken) throw new NotTaken(`${worker.name}: ${error.message}`)
        throw error
      }
    },
    retire(worker) {
      worker.state = 'draining'
      void worker.child.drain(DRAIN_LIMIT_MS).then(() => all.delete(worker))
    },
    async stop() {
      stopping = true
      await Promise.all([...all].map(({ child }) => child.stop()))
    },
  }
}

function stateOf({ name, release, child, state, canary }: Worker): WorkerState {
  return { name, pid: child.pid() ?? null, url: child.url(), ...release, state, canary, restarts: child.restarts() }
}

/** The lowest number that nobody has: a worker that drains still holds the audit chain of its name. */
export function freeName(taken: ReadonlySet<string>): string {
  let number = 1
  while (taken.has(`api-${number}`)) number++
  return `api-${number}`
}
