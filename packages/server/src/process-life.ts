import type { Log } from './log.ts'

/** Ends a process in the reverse order of its start. */
export interface ProcessLife {
  /** Registers what has to be stopped; the last registered stops first. */
  onStop(name: string, stop: () => Promise<void> | void): void
  /** Stops everything and ends the process with this exit code. Further calls do nothing. */
  stop(reason: string, exitCode: number): void
}

/** Longest time a stop may take before the process ends anyway. */
export const STOP_LIMIT_MS = 10_000

/**
 * SIGTERM and SIGINT stop cleanly; so does the loss of the supervisor (IPC channel closed), so that no orphan keeps the
 * ports. A defect (uncaught error) is logged and stops with exit code 70: a process with a broken invariant must not go on.
 */
export function createProcessLife(log: Log): ProcessLife {
  const parts: { name: string; stop: () => Promise<void> | void }[] = []
  let stopping = false

  async function stopAll(): Promise<void> {
    for (const part of parts.toReversed()) {
      try {
        await part.stop()
      } catch (error) {
        log.error({ err: error, part: part.name }, 'could not be stopped cleanly')
      }
    }
  }

  function stop(reason: string, exitCode: number): void {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    // A plain timer: stopping must end even when the injected clock stands still.
    AbortSignal.timeout(STOP_LIMIT_MS).addEventListener('abort', () => {
      log.error({ limitMs: STOP_LIMIT_MS }, 'stopping took too long; ending now')
      process.exit(exitCode === 0 ? 1 : exitCode)
    })
    void stopAll().then(() => {
      log.info({ exitCode }, 'stopped')
      process.exit(exitCode)
    })
  }

  process.once('SIGTERM', () => stop('SIGTERM', 0))
  process.once('SIGINT', () => stop('SIGINT', 0))
  if (process.connected) process.once('disconnect', () => stop('the supervisor is gone', 0))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'defect: uncaught error')
    stop('uncaught error', 70)
  })
  return {
    onStop: (name, stopPart) => parts.push({ name, stop: stopPart }),
    stop,
  }
}

/** Exit code of a process whose configuration is wrong: starting it again cannot help. */
export const EXIT_CONFIG = 78

/** What a process tells its supervisor when it works. */
export const READY = 'ready'

/** By this a supervisor asks an api worker to answer what it has, take nothing new, and end. */
export const DRAIN = 'drain'

/** What an api worker tells its supervisor: where it alone can be asked. */
export interface WorkerUrl {
  url: string
}
