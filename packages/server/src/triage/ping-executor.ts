import type { ExecutorHealth } from '@spark/contract/health'
import { askExecutor } from './ask-executor.ts'
import type { Move } from './triage-deps.ts'

/** Does it answer, how fast, and what does it say of itself? */
export const pingExecutor: Move = async (deps) => {
  const answer = await askExecutor<ExecutorHealth>(deps, '/health')
  if ('problem' in answer)
    return { ok: false, findings: [`${answer.problem}: restart it with spark triage restart`], detail: answer }
  const { body, latencyMs } = answer
  const { feed, lastScoreAgeS } = body
  const age = (seconds: number | null) => (seconds === null ? 'none yet' : `${seconds.toFixed(1)} s ago`)
  return {
    ok: body.ok,
    findings: [
      `the executor answered in ${Math.round(latencyMs)} ms and is ${body.ok ? 'ok' : `not ok: ${body.reason ?? ''} ${body.detail ?? ''}`}`,
      `${feed.name}: last message of the worst stream ${age(feed.lastMessageAgeS)}, ${feed.warmStreams} of ${feed.streams} streams can be scored`,
      `${body.strategies} strategies ask, last score ${age(lastScoreAgeS)}; up for ${body.uptimeS} s`,
    ],
    detail: { latencyMs, health: body },
  }
}
