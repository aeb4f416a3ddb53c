import { murmur3 } from '../stats/murmur3.ts'

/**
 * Which member has the key, by rendezvous hashing: the one that weighs most with it. Whoever asks finds the same, a member that goes
 * leaves only its own keys, and one that comes takes only its own. Null when there is no member.
 */
export function ownerOf(key: string, members: readonly string[]): string | null {
  let owner: { member: string; weight: number } | null = null
  for (const member of members) {
    const weight = murmur3(`${member}\n${key}`)
    if (owner === null || weight > owner.weight || (weight === owner.weight && member < owner.member)) owner = { member, weight }
  }
  return owner?.member ?? null
}
