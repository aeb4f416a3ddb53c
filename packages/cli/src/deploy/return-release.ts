import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ReturnRelease } from '@spark/server/supervisor/follow-rollback'

/** By this program itself, as a process of its own: it waits for locks, copies releases, and may fail. */
export function returnReleaseBy(env: Record<string, string | undefined>): ReturnRelease {
  return (rollout, tell, signal) =>
    new Promise((resolve) => {
      const [, program = ''] = process.argv
      const child = spawn(process.execPath, [...process.execArgv, program, 'deploy', '--rollback', '--after', rollout], {
        env,
        signal,
        // By the channel it notices that the supervisor is gone.
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      for (const stream of [child.stdout, child.stderr])
        if (stream !== null) createInterface(stream).on('line', (line) => line.trim() !== '' && tell(line))
      child.once('error', (error) => {
        tell(error.message)
        if (child.pid === undefined) resolve(null)
      })
      child.once('close', (code) => resolve(code))
    })
}
