import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ReleaseProblem } from './release-problem.ts'

const run = promisify(execFile)
const LIMITS = { timeout: 60_000, maxBuffer: 64 << 20 }

export function isCheckout(rootDir: string): boolean {
  return existsSync(join(rootDir, '.git'))
}

/** What git prints. Rejects with ReleaseProblem. */
export async function git(rootDir: string, ...args: string[]): Promise<string> {
  return program('git', ['-C', rootDir, ...args])
}

export async function program(name: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(name, args, LIMITS)).stdout
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new ReleaseProblem(`${name} ${args.slice(0, 4).join(' ')} failed: ${(stderr.trim() || message).slice(0, 400)}`)
  }
}
