import { finding } from '@spark/contract/finding'
import type { ExecutorHealth } from '@spark/contract/health'
import { askExecutor } from './ask-executor.ts'
import type { Move } from './triage-deps.ts'

/** Does it answer, how fast, and what does it say of itself? */
export const pingExecutor: Move = async (deps) => {
  const answer = await askExecutor<ExecutorHealth>(deps, '/health')
  if ('problem' in answer) return { ok: false, findings: [finding('restart_it', { found: answer.problem })], detail: answer }
  const { body, latencyMs } = answer
  const { feed, lastScoreAgeS } = body
  const milliseconds = Math.round(latencyMs)
  const heard = { feed: feed.name, warm: feed.warmStreams, streams: feed.streams }
  const asking = { strategies: body.strategies, uptime: body.uptimeS }
  return {
    ok: body.ok,
    findings: [
      body.ok
        ? finding('executor_ok', { milliseconds })
        : finding('executor_not_ok', { milliseconds, words: `${body.reason ?? ''} ${body.detail ?? ''}` }),
      feed.lastMessageAgeS === null
        ? finding('feed_silent', heard)
        : finding('feed_heard', { ...heard, seconds: feed.lastMessageAgeS.toFixed(1) }),
      lastScoreAgeS === null
        ? finding('none_scored', asking)
        : finding('last_scored', { ...asking, seconds: lastScoreAgeS.toFixed(1) }),
    ],
    detail: { latencyMs, health: body },
  }
}
