import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** What the built page depends on, below the root of the code. */
const SOURCES = ['packages/dashboard', 'packages/contract/src', 'packages/core/src', 'package-lock.json']
const LEFT_OUT = /\.test\.tsx?$|-fixture\.ts$|(^|\/)node_modules\//

export interface DashboardFiles {
  /** Folder of the built page of this code; null while it is not built. */
  page(): string | null
  /** Folder that holds the built file of this name; a page of another release may ask for it. Null: none does. */
  folderOf(asset: string): string | null
}

/** Builds of all releases of an installation: releases link to its node_modules, so the same sources are built once. */
export function buildsDir(rootDir: string): string {
  return join(rootDir, 'node_modules/.cache/spark-dashboard')
}

/** Folder of the build of this code, whether it is there or not. Null: the code has no dashboard. */
export function buildFolder(rootDir: string): string | null {
  if (!existsSync(join(rootDir, 'packages/dashboard/index.html'))) return null
  return join(buildsDir(rootDir), sourcesHash(rootDir))
}

function sourcesHash(rootDir: string): string {
  const hash = createHash('sha256')
  const files = SOURCES.flatMap((source) => filesOf(join(rootDir, source)))
    .map((file) => relative(rootDir, file).split(sep).join('/'))
    .filter((file) => !LEFT_OUT.test(file))
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(rootDir, file)))
      .update('\0')
  return hash.digest('hex').slice(0, 32)
}

function filesOf(path: string): string[] {
  if (path.endsWith('.json')) return existsSync(path) ? [path] : []
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesOf(child)
    return entry.isFile() ? [child] : []
  })
}

export function openDashboardFiles(rootDir: string): DashboardFiles {
  const own = buildFolder(rootDir)
  const holds = (folder: string, file: string) => existsSync(join(folder, file))
  let built = false
  return {
    page() {
      built ||= own !== null && holds(own, 'index.html')
      return built ? own : null
    },
    folderOf(asset) {
      const file = join('assets', asset)
      if (own !== null && holds(own, file)) return own
      const builds = buildsDir(rootDir)
      if (!existsSync(builds)) return null
      const other = readdirSync(builds).find((name) => !name.startsWith('.') && holds(join(builds, name), file))
      return other === undefined ? null : join(builds, other)
    },
  }
}
