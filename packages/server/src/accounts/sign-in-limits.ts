import type { Kysely, Transaction } from 'kysely'
import { worldMs, type Clock } from '../clock.ts'
import { sha256 } from '../sha256.ts'
import type { SignInTryRow } from '../storage/account-tables.ts'
import type { MainTables } from '../storage/tables.ts'

/** Who may try a password now: counted in the database, for every process of every host. Rejects with StorageError. */
export interface SignInLimits {
  /** Counts an attempt before the password is looked at, so that many at once count as many. Ms to wait; 0: go on. */
  begin(name: string, address: string): Promise<number>
  /** The password was right: it was no failure, and those of this address at this account are forgotten. */
  succeeded(name: string, address: string): Promise<void>
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
/** So many attempts of this process, and what is too old or too much is removed. */
const PRUNE_EVERY = 50

interface SignInLimitsOptions {
  db: Kysely<MainTables>
  clock: Pick<Clock, 'nowMs' | 'speed'>
  /** Whether an address is this machine's. */
  isOwn: (address: string) => boolean
  keptMax?: number
}

export function createSignInLimits({ db, clock, isOwn, keptMax = KEPT_MAX }: SignInLimitsOptions): SignInLimits {
  let attempts = 0

  function rulesOf(name: string, address: string): Map<string, Rule> {
    const account = markOf(name)
    const from = networkOf(address)
    const rules = new Map<string, Rule>([
      [`pair ${from} ${account}`, RULES.pair],
      [`name ${account}`, RULES.name],
    ])
    return isOwn(address) ? rules : rules.set(`address ${from}`, RULES.address)
  }

  return {
    async begin(name, address) {
      const nowMs = worldMs(clock)
      const rules = rulesOf(name, address)
      // Who comes too early costs no write.
      const waitMs = waitOf(await triesOf(db, rules.keys()), rules, nowMs)
      if (waitMs > 0) return waitMs
      return db.transaction().execute(async (trx) => {
        const tries = await triesOf(trx, rules.keys())
        const waitAfterAllMs = waitOf(tries, rules, nowMs)
        // Nor is it counted: the wait would never end under somebody else's flood.
        if (waitAfterAllMs > 0) return waitAfterAllMs
        const known = new Map(tries.map((one) => [one.whose, one]))
        for (const [whose, rule] of rules) await put(trx, counted(whose, rule, known.get(whose), nowMs))
        if (attempts++ % PRUNE_EVERY === 0) await prune(trx, nowMs - MEMORY_MS, keptMax)
        return 0
      })
    },
    async succeeded(name, address) {
      // Not those at other accounts: a guesser may have one account of their own.
      const rules = rulesOf(name, address)
      const [pair = ''] = rules.keys()
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('sign_in_try').where('whose', '=', pair).execute()
        for (const { whose, tries, ...row } of await triesOf(trx, rules.keys())) {
          const isFree = tries - 1 < (rules.get(whose)?.free ?? 0)
          await put(trx, { ...row, whose, tries: tries - 1, ...(isFree && { wait_until: 0 }) })
        }
      })
    },
  }
}

function triesOf(db: Kysely<MainTables>, whose: Iterable<string>): Promise<SignInTryRow[]> {
  return db
    .selectFrom('sign_in_try')
    .selectAll()
    .where('whose', 'in', [...whose])
    .orderBy('whose')
    .execute()
}

/** A clock that was put back makes nobody wait longer than the longest wait. */
function waitOf(tries: readonly SignInTryRow[], rules: ReadonlyMap<string, Rule>, nowMs: number): number {
  return Math.max(0, ...tries.map((one) => Math.min(one.wait_until - nowMs, rules.get(one.whose)?.waitMsMax ?? 0)))
}

function counted(whose: string, { free, waitMsMax }: Rule, before: SignInTryRow | undefined, nowMs: number): SignInTryRow {
  const tries = before === undefined || nowMs - before.last_at > MEMORY_MS ? 1 : before.tries + 1
  const waitMs = tries < free ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries - free, 20), waitMsMax)
  return { whose, tries, last_at: nowMs, wait_until: nowMs + waitMs }
}

async function put(trx: Transaction<MainTables>, row: SignInTryRow): Promise<void> {
  await trx
    .insertInto('sign_in_try')
    .values(row)
    .onConflict((conflict) => conflict.column('whose').doUpdateSet(row))
    .execute()
}

/** What is too old, and of the others all but the newest. */
async function prune(trx: Transaction<MainTables>, beforeMs: number, keptMax: number): Promise<void> {
  const last = await trx
    .selectFrom('sign_in_try')
    .select('last_at')
    .orderBy('last_at', 'desc')
    .offset(keptMax)
    .limit(1)
    .executeTakeFirst()
  await trx
    .deleteFrom('sign_in_try')
    .where('last_at', '<=', Math.max(beforeMs, last?.last_at ?? beforeMs))
    .execute()
}

/**
 * What is typed as a name may be a password, and this is stored: four digits of a digest say next to nothing of it. Of two names that
 * share them each is slowed down by what is tried at the other.
 */
function markOf(name: string): string {
  return sha256(name.toLowerCase()).slice(0, 4)
}

/** An IPv6 customer has a /64 at least. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  return address.split(':').slice(0, 4).join(':')
}
