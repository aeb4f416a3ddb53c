import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Reports of rehearsals that people asked for, below the data folder. */
export function rehearsalsDir(dataDir: string): string {
  return join(dataDir, 'rehearsals')
}

/** `json` for programs, `html` with charts for people. */
export function rehearsalFile(dataDir: string, id: string, form: 'json' | 'html'): string {
  return join(rehearsalsDir(dataDir), `${id}.${form}`)
}

/** Null: there is no such report. */
export async function readReport(dataDir: string, id: string, form: 'json' | 'html'): Promise<string | null> {
  try {
    return await readFile(rehearsalFile(dataDir, id, form), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export async function removeReports(dataDir: string, id: string): Promise<void> {
  for (const form of ['json', 'html'] as const) await rm(rehearsalFile(dataDir, id, form), { force: true })
}
