import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Packages of hundreds of small modules that every process loads: reading them took half of the time in which a command starts. */
export const PREBUNDLED = ['typebox', 'kysely'] as const

/** What stands in prebundle.json beside the files of a package. */
export interface Prebundle {
  /** Of the package that the files were made of. */
  version: string
  /** File by what code imports. */
  files: Record<string, string>
}

/** Loaded before all else, with --require, it makes a process use them. */
export const PREBUNDLED_MODULES = fileURLToPath(new URL('./prebundled-modules.ts', import.meta.url))

export const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url))
export const packageFile = (modules: string, name: string) => `${modules}/${name}/package.json`
export const prebundleFolder = (modules: string, name: string) => `${modules}/.cache/prebundle/${name}`

/** File URLs by what code imports. A package that has no prebundle, or one of another version, is loaded itself. */
export function prebundledUrls(modules: string): Map<string, string> {
  const urls = new Map<string, string>()
  for (const name of PREBUNDLED) {
    const folder = prebundleFolder(modules, name)
    try {
      const { version, files } = readJson(`${folder}/prebundle.json`) as Prebundle
      const installed = readJson(packageFile(modules, name)) as { version: string }
      if (version !== installed.version) continue
      for (const [specifier, file] of Object.entries(files)) urls.set(specifier, pathToFileURL(`${folder}/${file}`).href)
    } catch {
      // Installed without scripts.
    }
  }
  return urls
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
