import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { systemRandomness } from '../../random.ts'

/**
 * What tells this data folder from any other, also from one of the same path on a host of the same name, as pods and cloned machines
 * are. Made once, whole or not at all.
 */
export function folderId(dataDir: string): string {
  const file = join(dataDir, 'audit', 'folder-id')
  mkdirSync(join(dataDir, 'audit'), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.${threadId}`
  writeFileSync(draft, systemRandomness.secret(12), { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8')
}
