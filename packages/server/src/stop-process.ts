import { finding } from '@spark/contract/finding'
import { isKind } from './process-name.ts'

const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Asks a process that answered at `url` to stop cleanly. Its pid came over HTTP: only a process of this machine and this name is
 * signalled. Says why not, or null.
 */
export function stopLocalProcess(name: 'api' | 'executor', url: string, health: { pid: number; process: string }): string | null {
  const { pid } = health
  if (!LOCAL.has(new URL(url).hostname) || !Number.isInteger(pid) || pid < 2 || !isKind(health.process, name))
    return finding('not_local', { process: name })
  try {
    process.kill(pid, 'SIGTERM')
    return null
  } catch (error) {
    return finding('not_stopped', { pid, words: (error as NodeJS.ErrnoException).code ?? '' })
  }
}
