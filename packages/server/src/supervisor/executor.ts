import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { keepAlive, type Child, type ChildDeps } from './child.ts'
import type { Release, SupervisorState } from './supervisor-contract.ts'
import { verifyExecutor } from './verify-process.ts'

/** The one executor: it holds its port and the orders' audit chain, so the old one ends before the new one starts. */
export interface Executor {
  firstHealthy: Promise<void>
  state(): SupervisorState['executor']
  /** Rejects with NotTaken when the new one does not become healthy; `back` runs then. */
  switchTo(release: Release, back: Release): Promise<void>
  stop(): Promise<void>
}

export interface ExecutorDeps {
  executorUrl: string
  env: Record<string, string | undefined>
  clock: Clock
  childDeps: ChildDeps
}

export function startExecutor(first: Release, deps: ExecutorDeps): Executor {
  const { clock, childDeps, executorUrl } = deps
  let release = first
  let onTrial = false
  let stopping = false
  const start = ({ dir }: Release): Child =>
    keepAlive(
      {
        name: 'executor',
        entry: join(dir, 'packages/server/src/executor/main.ts'),
        args: [],
        socketFd: null,
        semiSpaceMb: 2,
        healthUrl: `${executorUrl}/health`,
        env: deps.env,
      },
      {
        ...childDeps,
        onRefused: (name) => {
          if (!onTrial) childDeps.onRefused(name)
        },
      },
    )
  let child = start(first)
  return {
    firstHealthy: child.firstHealthy,
    state: () => ({ pid: child.pid() ?? null, ...release, restarts: child.restarts() }),
    async switchTo(next, back) {
      await child.stop()
      if (stopping) return
      onTrial = true
      child = start(next)
      try {
        await verifyExecutor(child, next, executorUrl, clock)
        release = next
      } catch (error) {
        await child.stop()
        release = back
        if (!stopping) child = start(back)
        throw error
      } finally {
        onTrial = false
      }
    },
    async stop() {
      stopping = true
      await child.stop()
    },
  }
}
