/**
 * The name of a process in the audit, in reports and in figures: `api-1`, `executor`; with a name of the host before it where several
 * hosts share a server: `a.api-1`.
 */
export function processName({ hostName }: { hostName: string | null }, local: string): string {
  return hostName === null ? local : `${hostName}.${local}`
}

/** Its name on its own host: `api-1`. */
export function localName(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}

/** The name of its host; `''`: the one that has none. */
export function hostOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf('.')))
}

/** Whether it runs on the host of this name, or on the one that has none. */
export function isOnHost(name: string, hostName: string | null): boolean {
  return name === processName({ hostName }, localName(name))
}

export function isKind(name: string, kind: 'api' | 'executor'): boolean {
  return localName(name).startsWith(kind)
}
