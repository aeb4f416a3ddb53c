import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SupervisorRecord } from './supervisor-contract.ts'

function recordFile(dataDir: string): string {
  return join(dataDir, 'supervisor.json')
}

/** Null before the first `spark up`, and when the file cannot be read as one. */
export function readSupervisorRecord(dataDir: string): SupervisorRecord | null {
  let text: string
  try {
    text = readFileSync(recordFile(dataDir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as SupervisorRecord
  } catch {
    return null
  }
}

/** All of it or nothing: a reader sees the old record or the new one. */
export function writeSupervisorRecord(dataDir: string, record: SupervisorRecord): void {
  const file = recordFile(dataDir)
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
