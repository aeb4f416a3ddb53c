import type { Clock } from '../clock.ts'

export interface ExecutorProbe {
  /** Whether the executor answered its health route within the limit. Asked at most twice a second, however many callers there are. */
  reachable(): Promise<boolean>
}

/** public/* must answer within 1 s when the executor hangs; this leaves 200 ms for everything else. */
const PROBE_TIMEOUT_MS = 800
const FRESH_MS = 500

export function createExecutorProbe(executorUrl: string, clock: Clock): ExecutorProbe {
  let last: { atMs: number; reachable: boolean } | null = null
  let asking: Promise<boolean> | null = null
  async function ask(): Promise<boolean> {
    let reachable = false
    try {
      const response = await fetch(`${executorUrl}/health`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS), redirect: 'error' })
      await response.arrayBuffer()
      // An executor that answers 503 is there: its figures are real.
      reachable = response.status === 200 || response.status === 503
    } catch {
      // Refused, reset, hung: not reachable is the answer, not a failure of ours.
    }
    last = { atMs: clock.monotonicMs(), reachable }
    asking = null
    return reachable
  }
  return {
    async reachable() {
      if (last !== null && clock.monotonicMs() - last.atMs < FRESH_MS) return last.reachable
      asking ??= ask()
      return asking
    },
  }
}
