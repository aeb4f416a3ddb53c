import { finding } from '@spark/contract/finding'
import type { Clock } from '../clock.ts'

export type ExecutorAnswer<Body> =
  | { body: Body; latencyMs: number; sentMs: number }
  /** Why there is none. */
  | { problem: string }

/** The playbook's limit: a healthy executor answers in well under it. */
const TIMEOUT_MS = 3000

/** One GET of the executor's HTTP. A 503 is an answer. Never rejects. */
export async function askExecutor<Body>(
  { clock, config, executorToken }: { clock: Clock; config: { executorUrl: string }; executorToken: string | null },
  path: '/health' | '/logs' | '/streams',
): Promise<ExecutorAnswer<Body>> {
  const url = `${config.executorUrl}${path}`
  const beganMs = clock.realMs()
  const sentMs = clock.nowMs()
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      ...(executorToken !== null && { headers: { authorization: `Bearer ${executorToken}` } }),
    })
    const body = (await response.json()) as Body
    const latencyMs = clock.realMs() - beganMs
    return response.ok || response.status === 503
      ? { body, latencyMs, sentMs }
      : { problem: finding('answers', { url, status: response.status }) }
  } catch (error) {
    const slow = (error as Error).name === 'TimeoutError'
    return { problem: slow ? finding('no_answer', { url, seconds: TIMEOUT_MS / 1000 }) : finding('out_of_reach', { url }) }
  }
}
