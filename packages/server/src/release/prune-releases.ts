import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { releasesDir } from './make-release.ts'

const KEPT = 5

/** The newest five stay, and those that are in use or good, however old; the rest may go. Pure. */
export function prunable(releases: readonly { dir: string; usedMs: number }[], needed: ReadonlySet<string>): string[] {
  return [...releases]
    .sort((a, b) => b.usedMs - a.usedMs)
    .slice(KEPT)
    .map(({ dir }) => dir)
    .filter((dir) => !needed.has(dir))
}

/** Removes old releases; `needed` are folders that stay. Returns how many are gone. */
export function pruneReleases(dataDir: string, needed: ReadonlySet<string>): number {
  const folder = releasesDir(dataDir)
  const releases = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .map((dir) => ({ dir, usedMs: statSync(dir).mtimeMs }))
  const old = prunable(releases, needed)
  for (const dir of old) rmSync(dir, { recursive: true })
  return old.length
}
