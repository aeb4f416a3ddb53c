import { rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Evidence of reports, below the data folder. */
export function reportsDir(dataDir: string): string {
  return join(dataDir, 'reports')
}

export function evidenceFile(dataDir: string, id: string): string {
  return join(reportsDir(dataDir), `${id}.zip`)
}

export async function removeEvidence(dataDir: string, id: string): Promise<void> {
  await rm(evidenceFile(dataDir, id), { force: true })
}
