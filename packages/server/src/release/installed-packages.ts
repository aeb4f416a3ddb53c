interface LockEntry {
  version?: string
  link?: boolean
  dev?: boolean
  optional?: boolean
  peer?: boolean
}

/**
 * In what package-lock.json asks for differs from what npm has installed (`node_modules/.package-lock.json`): `name wanted
 * (installed)`. A package for development or for another platform may be missing. Throws when a text is no lock file.
 */
export function installedDifferences(wantedLock: string, installedLock: string): string[] {
  const wanted = packagesOf(wantedLock)
  const installed = packagesOf(installedLock)
  return Object.entries(wanted).flatMap(([path, entry]) => {
    const name = path.split('node_modules/').at(-1) ?? path
    if (!path.includes('node_modules/') || entry.link === true) return []
    const has = installed[path]?.version
    if (has === entry.version) return []
    if (has === undefined && (entry.dev === true || entry.optional === true)) return []
    return [`${name} ${entry.version ?? '?'} (${has ?? 'not installed'})`]
  })
}

function packagesOf(text: string): Record<string, LockEntry> {
  const { packages } = JSON.parse(text) as { packages?: Record<string, LockEntry> }
  if (packages === undefined) throw new Error('it lists no packages')
  return packages
}
