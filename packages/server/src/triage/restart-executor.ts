import type { ExecutorHealth } from '@spark/contract/health'
import { stopLocalProcess } from '../stop-process.ts'
import { askExecutor } from './ask-executor.ts'
import type { Move } from './triage-deps.ts'

/** Asks it to stop; spark up starts it again. One that hangs is killed by spark up, which needs nobody for that. */
export const restartExecutor: Move = async (deps) => {
  const answer = await askExecutor<ExecutorHealth>(deps, '/health')
  if ('problem' in answer) {
    const next = 'if spark up runs, it kills a process that hangs for 10 s and starts it again'
    return { ok: false, findings: [`${answer.problem}; ${next}`] }
  }
  const problem = stopLocalProcess('executor', deps.config.executorUrl, answer.body)
  if (problem !== null) return { ok: false, findings: [problem] }
  return {
    ok: true,
    findings: [`the executor, process ${answer.body.pid}, was asked to stop; spark up starts it again`],
    before: { pid: answer.body.pid, uptimeS: answer.body.uptimeS },
    after: null,
  }
}
