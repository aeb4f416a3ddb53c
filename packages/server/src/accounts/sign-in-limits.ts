/** Who may try a password now. Bounded in memory; each process counts for itself. */
export interface SignInLimits {
  /** Counts an attempt before the password is looked at, so that many at once count as many. Ms to wait; 0: go on. */
  begin(name: string, address: string): number
  /** The password was right: it was no failure, and those of this address at this account are forgotten. */
  succeeded(name: string, address: string): void
}

interface Rule {
  /** Attempts without a wait. */
  free: number
  waitMsMax: number
}

/**
 * One address at one account is slowed down soon and long. All addresses together at one account only a little: else anyone could
 * lock a person out. One address at all accounts in between; that of this machine is spared, it may be a proxy in front of everyone.
 */
const RULES = {
  pair: { free: 5, waitMsMax: 900_000 },
  name: { free: 20, waitMsMax: 10_000 },
  address: { free: 20, waitMsMax: 900_000 },
} as const satisfies Record<string, Rule>

const FIRST_WAIT_MS = 1000
/** Forgotten when nothing was tried for so long. */
const MEMORY_MS = 3_600_000
const KEPT_MAX = 10_000
const NAME_LENGTH_MAX = 64

interface Tries {
  count: number
  lastMs: number
  waitUntilMs: number
}

export function createSignInLimits(realMs: () => number, isOwn: (address: string) => boolean): SignInLimits {
  /** Oldest use first. */
  const kept = new Map<string, Tries>()

  function keysOf(name: string, address: string): [string, Rule][] {
    const account = name.toLowerCase().slice(0, NAME_LENGTH_MAX)
    const from = networkOf(address)
    const keys: [string, Rule][] = [
      [`pair ${from} ${account}`, RULES.pair],
      [`name ${account}`, RULES.name],
    ]
    return isOwn(address) ? keys : [...keys, [`address ${from}`, RULES.address]]
  }

  function count(key: string, rule: Rule, nowMs: number): void {
    const before = kept.get(key)
    const tries = before === undefined || nowMs - before.lastMs > MEMORY_MS ? 1 : before.count + 1
    const waitMs = tries < rule.free ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries - rule.free, 20), rule.waitMsMax)
    kept.delete(key)
    kept.set(key, { count: tries, lastMs: nowMs, waitUntilMs: nowMs + waitMs })
    const [oldest] = kept.keys()
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest)
  }

  return {
    begin(name, address) {
      const nowMs = realMs()
      const keys = keysOf(name, address)
      const waitMs = Math.max(...keys.map(([key]) => (kept.get(key)?.waitUntilMs ?? 0) - nowMs))
      // Who comes too early is not counted: the wait would never end under somebody else's flood.
      if (waitMs > 0) return waitMs
      for (const [key, rule] of keys) count(key, rule, nowMs)
      return 0
    },
    succeeded(name, address) {
      // Not those at other accounts: a guesser may have one account of their own.
      const [[pair] = [''], ...others] = keysOf(name, address)
      kept.delete(pair)
      for (const [key, { free }] of others) {
        const tries = kept.get(key)
        if (tries === undefined) continue
        tries.count -= 1
        if (tries.count < free) tries.waitUntilMs = 0
      }
    },
  }
}

/** An IPv6 customer has a /64 at least. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  return address.split(':').slice(0, 4).join(':')
}
