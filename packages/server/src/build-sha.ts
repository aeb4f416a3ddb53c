import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/

/** Beside package.json of a release: git is not there to ask. */
export const BUILD_SHA_FILE = 'build-sha'

/**
 * The commit that `rootDir` was checked out from; outside a checkout what the file `build-sha` says, or `unknown`. Reads git's own files (gitrepository-layout):
 * running git would cost every start 50 ms, and git may not be there.
 */
export function buildSha(rootDir: string): string {
  try {
    const gitDir = gitDirOf(rootDir)
    const head = readFileSync(join(gitDir, 'HEAD'), 'utf8').trim()
    const sha = head.startsWith('ref: ') ? shaOfRef(gitDir, head.slice(5)) : head
    return SHA.test(sha) ? sha : 'unknown'
  } catch {
    return writtenSha(rootDir)
  }
}

function writtenSha(rootDir: string): string {
  try {
    const sha = readFileSync(join(rootDir, BUILD_SHA_FILE), 'utf8').trim()
    return SHA.test(sha) ? sha : 'unknown'
  } catch {
    return 'unknown'
  }
}

/** In a worktree `.git` is a file that names the real folder. */
function gitDirOf(rootDir: string): string {
  const path = join(rootDir, '.git')
  return statSync(path).isDirectory() ? path : resolve(rootDir, readFileSync(path, 'utf8').replace('gitdir:', '').trim())
}

function shaOfRef(gitDir: string, ref: string): string {
  const common = existsSync(join(gitDir, 'commondir'))
    ? resolve(gitDir, readFileSync(join(gitDir, 'commondir'), 'utf8').trim())
    : gitDir
  for (const dir of [gitDir, common]) if (existsSync(join(dir, ref))) return readFileSync(join(dir, ref), 'utf8').trim()
  const packed = readFileSync(join(common, 'packed-refs'), 'utf8')
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
  return packed?.split(' ')[0] ?? ''
}
