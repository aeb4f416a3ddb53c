import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { installedDifferences } from './installed-packages.ts'
import { ReleaseProblem } from './release-problem.ts'

const OWN_SCOPE = '@spark'
const DIFFERENCES_SHOWN = 3

/**
 * Gives a release the packages of the installation: links into its node_modules, and `@spark/*` into the release itself (one link
 * to the whole folder would run the other checkout's code). Throws ReleaseProblem when other versions are installed.
 */
export function linkModules(releaseDir: string, installationDir: string): void {
  const modules = join(installationDir, 'node_modules')
  const differences = differencesOf(join(releaseDir, 'package-lock.json'), join(modules, '.package-lock.json'))
  if (differences.length > 0)
    throw new ReleaseProblem(
      `the release needs other packages than are installed: ${differences.slice(0, DIFFERENCES_SHOWN).join(', ')}` +
        `${differences.length > DIFFERENCES_SHOWN ? ` and ${differences.length - DIFFERENCES_SHOWN} more` : ''}. Run npm ci in ${installationDir} first`,
    )
  const own = join(releaseDir, 'node_modules')
  rmSync(own, { recursive: true, force: true })
  mkdirSync(join(own, OWN_SCOPE), { recursive: true })
  for (const name of readdirSync(modules)) if (name !== OWN_SCOPE) symlinkSync(join(modules, name), join(own, name))
  for (const name of readdirSync(join(releaseDir, 'packages'))) {
    symlinkSync(join('..', '..', 'packages', name), join(own, OWN_SCOPE, name))
    // Versions that a package has for itself.
    const nested = join(installationDir, 'packages', name, 'node_modules')
    if (existsSync(nested)) symlinkSync(nested, join(releaseDir, 'packages', name, 'node_modules'))
  }
}

function differencesOf(wantedFile: string, installedFile: string): string[] {
  try {
    return installedDifferences(readFileSync(wantedFile, 'utf8'), readFileSync(installedFile, 'utf8'))
  } catch (error) {
    throw new ReleaseProblem(`${wantedFile} and ${installedFile} cannot be compared: ${(error as Error).message}`)
  }
}
