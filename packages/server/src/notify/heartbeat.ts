import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { OutsideError, callOutside } from './call-outside.ts'

const EVERY_MS = 60_000

/**
 * Calls the address every minute while `problem` says null: who watches the address learns of every other case, also of a
 * machine that is gone. Returns what ends it.
 */
export function startHeartbeat(deps: {
  url: string
  allowPrivate: boolean
  clock: Clock
  log: Log
  problem(): Promise<string | null>
}): () => void {
  let told: string | null = null
  const beat = async () => {
    const problem = await deps.problem()
    if (problem !== told && problem !== null) deps.log.warn({ problem }, 'no heartbeat while this lasts')
    told = problem
    if (problem !== null) return
    try {
      await callOutside({ url: deps.url, allowPrivate: deps.allowPrivate })
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error
      deps.log.warn({ code: error.code, detail: error.message }, 'the heartbeat address did not answer')
    }
  }
  void beat()
  return deps.clock.every(EVERY_MS, () => void beat())
}
