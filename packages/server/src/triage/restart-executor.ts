import { finding } from '@spark/contract/finding'
import type { ExecutorHealth } from '@spark/contract/health'
import { stopLocalProcess } from '../stop-process.ts'
import { askExecutor } from './ask-executor.ts'
import type { Move } from './triage-deps.ts'

/** Asks it to stop; spark up starts it again. One that hangs is killed by spark up, which needs nobody for that. */
export const restartExecutor: Move = async (deps) => {
  const answer = await askExecutor<ExecutorHealth>(deps, '/health')
  if ('problem' in answer) {
    return { ok: false, findings: [finding('restarts_itself', { found: answer.problem })] }
  }
  const problem = stopLocalProcess('executor', deps.config.executorUrl, answer.body)
  if (problem !== null) return { ok: false, findings: [problem] }
  return {
    ok: true,
    findings: [finding('asked_to_stop', { pid: answer.body.pid })],
    before: { pid: answer.body.pid, uptimeS: answer.body.uptimeS },
    after: null,
  }
}
