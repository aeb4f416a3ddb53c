import { ownerOf } from './owner-of.ts'

/** Who has what, by which number, and until when. */
export interface Lease {
  name: string
  holder: string
  /** Grows each time that somebody takes it: whoever carries an older one has it no more. */
  number: number
  /** ms, by the clock of the database. */
  until: number
}

/** The lease of what must exist once. */
export const LEADER = 'leader'
const MEMBER = 'member '

/** The lease by which the others know that a process lives. */
export function memberLease(member: string): string {
  return `${MEMBER}${member}`
}

export interface TurnFacts {
  /** The process whose turn it is. */
  me: string
  /** By the clock of the database, ms. */
  nowMs: number
  leases: readonly Lease[]
  /** What this life of the process has taken: numbers by name. */
  held: ReadonlyMap<string, number>
  /** Names of what is shared out among all members. */
  shared: readonly string[]
  /** Those of `held` on which nothing is under way any more. */
  stopped: ReadonlySet<string>
}

/** What a process does with the leases at its turn. */
export interface Turn {
  renew: string[]
  take: string[]
  /** Given away: the next one may take it at once. */
  give: string[]
  /** Another member's from now on: what is under way ends, then it is given. */
  leave: string[]
  /** Somebody else has taken it. */
  lost: string[]
}

/**
 * Whoever lives renews what it has. What nobody has is taken by whom it is due to, the leader's lease by whoever comes first. A lease
 * that is over but taken by nobody goes on under its number: nothing was done under another one. What an earlier life of this process
 * had is taken at once: its folder's lock has shown that it is gone.
 */
export function planTurn({ me, nowMs, leases, held, shared, stopped }: TurnFacts): Turn {
  const byName = new Map(leases.map((lease) => [lease.name, lease]))
  const isMine = (name: string) => {
    const lease = byName.get(name)
    return lease !== undefined && lease.holder === me && lease.number === held.get(name)
  }
  const isFree = (name: string) => {
    const lease = byName.get(name)
    return lease === undefined || lease.until <= nowMs || lease.holder === me
  }
  const others = leases.filter(({ name, holder, until }) => name === memberLease(holder) && until > nowMs && holder !== me)
  const members = [me, ...others.map(({ holder }) => holder)]
  const isShared = new Set(shared)
  const turn: Turn = { renew: [], take: [], give: [], leave: [], lost: [] }
  for (const name of [memberLease(me), LEADER, ...shared]) {
    const isDue = !isShared.has(name) || ownerOf(name, members) === me
    if (isMine(name)) {
      if (isDue) turn.renew.push(name)
      else if (stopped.has(name)) turn.give.push(name)
      else {
        turn.renew.push(name)
        turn.leave.push(name)
      }
    } else if (held.has(name)) turn.lost.push(name)
    else if (isDue && isFree(name)) turn.take.push(name)
  }
  return turn
}
