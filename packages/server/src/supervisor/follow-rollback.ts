import { RolledBack } from '@spark/contract/health'
import { Value } from 'typebox/value'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { ordinalOf } from '../rollout/rollout-id.ts'
import type { Followed, SupervisorState } from './supervisor-contract.ts'

/** One that was broken off is begun again; more than this, and it is what breaks the supervisor off. */
const TRIES_MAX = 3
const AGAIN_AFTER_MS = 10_000

/**
 * Brings this host's processes to the last good release, verified, and tells its stages. Resolves with the exit code: 0 they run it,
 * 1 they do not and people were told; anything else, or null, is an end before that.
 */
export type ReturnRelease = (rollout: string, tell: (line: string) => void, signal: AbortSignal) => Promise<number | null>

/** Whether a rollback is about the release that runs: it ran already. What was begun after it is somebody's wish. Pure. */
export function isOf({ atMs }: Pick<RolledBack, 'atMs'>, release: Pick<SupervisorState['release'], 'sinceMs'>): boolean {
  return atMs >= release.sinceMs
}

/** Whether the release that runs has to give way now. Pure. */
export function mustReturn(
  told: RolledBack,
  release: Pick<SupervisorState['release'], 'sinceMs'>,
  followed: Followed | null,
): boolean {
  if (!isOf(told, release)) return false
  if (followed === null || ordinalOf(told.rollout) > ordinalOf(followed.rollout)) return true
  return told.rollout === followed.rollout && !followed.over && followed.tries < TRIES_MAX
}

export interface Follower {
  /** What a process says of its health, each second: a message that is lost is told again. */
  hear(health: unknown): void
  stop(): Promise<void>
}

export function createFollower(deps: {
  release(): Pick<SupervisorState['release'], 'sinceMs'>
  /** What was kept last. */
  followed(): Followed | null
  /** Known from now on, also when it throws; on disk before it returns. */
  keep(followed: Followed): void
  returnRelease: ReturnRelease
  clock: Pick<Clock, 'monotonicMs'>
  log: Log
}): Follower {
  const { clock, log } = deps
  const stopping = new AbortController()
  let under: Promise<void> | null = null
  let notBeforeMs = 0

  function keep(next: Followed): void {
    try {
      deps.keep(next)
    } catch (error) {
      log.error({ err: error }, 'it could not be written down which rollback was followed; a restart follows it again')
    }
  }

  async function follow({ rollout, atMs }: RolledBack): Promise<void> {
    const before = deps.followed()
    const tries = (before?.rollout === rollout ? before.tries : 0) + 1
    keep({ rollout, tries, over: false })
    log.warn({ rollout, atMs, tries }, 'the rollout was rolled back: the release returns to the last good one')
    const startedMs = clock.monotonicMs()
    const exitCode = await deps.returnRelease(rollout, (line) => log.info({ rollout }, line), stopping.signal)
    const ms = Math.round(clock.monotonicMs() - startedMs)
    // What this process broke off itself is begun again by the next one.
    if (stopping.signal.aborted) return
    notBeforeMs = clock.monotonicMs() + AGAIN_AFTER_MS
    if (exitCode === 0 || exitCode === 1) keep({ rollout, tries, over: true })
    if (exitCode === 0) log.info({ rollout, ms }, 'the last good release runs')
    else if (exitCode === 1 || tries === TRIES_MAX)
      log.error({ rollout, ms, exitCode }, 'the release did not return; ./deploy.sh --rollback tries again')
    else log.warn({ rollout, ms, exitCode }, 'the return of the release was broken off and is begun again')
  }

  return {
    hear(health) {
      const { rolledBack: told } = health as { rolledBack?: unknown }
      if (under !== null || stopping.signal.aborted || !Value.Check(RolledBack, told)) return
      if (clock.monotonicMs() < notBeforeMs || !mustReturn(told, deps.release(), deps.followed())) return
      under = follow(told).finally(() => {
        under = null
      })
    },
    async stop() {
      stopping.abort()
      await under
    },
  }
}
