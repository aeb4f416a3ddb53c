const ID_START = 'rollout-'

/** An id is never given twice: strategies join by it, and the audit tells of a rollout by it. */
export function rolloutIdOf(ordinal: number): string {
  return `${ID_START}${ordinal}`
}

/** Its number; 0 for what is no id. */
export function ordinalOf(rolloutId: string): number {
  return rolloutId.startsWith(ID_START) ? Number(rolloutId.slice(ID_START.length)) : 0
}
