import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestDatabase } from '../storage/main-database-fixture.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { createSignInLimits } from './sign-in-limits.ts'

let database: MainDatabase
beforeEach(async () => {
  database = await openTestDatabase()
})
afterEach(() => database.close())

function limits({ keptMax = 10_000, speed = 1, time = { nowMs: 0 } } = {}) {
  const own = createSignInLimits({
    db: database.db,
    clock: { nowMs: () => time.nowMs * speed, speed },
    isOwn: (address) => address === '127.0.0.1',
    keptMax,
  })
  const begin = (name: string, address: string) => own.begin(name, address)
  const succeeded = (name: string, address: string) => own.succeeded(name, address)
  /** How many of so many attempts, one after another, may go on. */
  async function tries(count: number, name: string, address: string): Promise<number> {
    let passed = 0
    for (let at = 0; at < count; at++) if ((await begin(name, address)) === 0) passed += 1
    return passed
  }
  return { begin, succeeded, time, tries }
}

describe('sign-ins that fail', () => {
  it('at one account from one address: five, then waits that double to a quarter of an hour', async () => {
    const { tries, begin, time } = limits()
    expect(await tries(9, 'ada', '10.0.0.1')).toBe(5)
    const waits: number[] = []
    for (let at = 0; at < 14; at++) {
      const waitMs = await begin('ada', '10.0.0.1')
      time.nowMs += waitMs
      await begin('ada', '10.0.0.1')
      waits.push(waitMs)
    }
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
    expect(waits.at(-1)).toBe(900_000)
  })

  it('from one network at many accounts: twenty; an IPv6 customer is one network', async () => {
    const { begin } = limits()
    const waits: number[] = []
    for (let at = 0; at < 40; at++) waits.push(await begin(`user${at}`, `2001:db8:1:2::${at}`))
    expect(waits.filter((ms) => ms === 0)).toHaveLength(20)
  })

  it('from everywhere at one account hold its person up by ten seconds at most', async () => {
    const { begin, time } = limits()
    for (let at = 0; at < 60; at++) {
      await begin('ada', `10.0.${at}.1`)
      time.nowMs += 10_000
    }
    expect(await begin('ada', '10.9.9.9')).toBe(0)
    expect(await begin('ada', '10.9.9.8')).toBe(10_000)
  })

  it('of this machine are not counted by address: it may be a proxy in front of everyone', async () => {
    const { begin } = limits()
    for (let at = 0; at < 40; at++) expect(await begin(`user${at}`, '127.0.0.1')).toBe(0)
  })

  it('are forgotten when the right password comes, but not those at other accounts', async () => {
    const { begin, succeeded, tries } = limits()
    expect(await tries(4, 'ada', '10.0.0.1')).toBe(4)
    expect(await begin('ada', '10.0.0.1')).toBe(0)
    await succeeded('ada', '10.0.0.1')
    expect(await tries(4, 'ada', '10.0.0.1')).toBe(4)
    // Own sign-ins in between buy no guesses at others.
    let guesses = 0
    for (let at = 0; at < 40; at++) {
      if ((await begin(`user${at}`, '10.0.0.2')) === 0) guesses += 1
      if ((await begin('eve', '10.0.0.2')) === 0) await succeeded('eve', '10.0.0.2')
    }
    expect(guesses).toBeLessThanOrEqual(20)
  })

  it('count at every process that asks the same database, and many at once as many', async () => {
    const time = { nowMs: 0 }
    const [here, there] = [limits({ time }), limits({ time })]
    const waits = await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? here : there).begin('ada', '10.0.0.1')))
    expect(waits.filter((ms) => ms === 0)).toHaveLength(5)
    expect(await there.begin('ada', '10.0.0.1')).toBe(1000)
  })

  it('wait in the time of the world where that of the folder runs faster, and not longer where the clock was put back', async () => {
    const { begin, tries, time } = limits({ speed: 60, time: { nowMs: 5_000_000 } })
    expect(await tries(9, 'ada', '10.0.0.1')).toBe(5)
    expect(await begin('ada', '10.0.0.1')).toBe(1000)
    time.nowMs -= 4_000_000
    expect(await begin('ada', '10.0.0.1')).toBe(900_000)
    time.nowMs += 4_001_000
    expect(await begin('ada', '10.0.0.1')).toBe(0)
  })

  it('are kept in bounded number, and for an hour', async () => {
    const rows = async () =>
      Number(
        (
          await database.db
            .selectFrom('sign_in_try')
            .select(({ fn }) => fn.countAll().as('rows'))
            .executeTakeFirst()
        )?.rows,
      )
    const { begin, tries, time } = limits({ keptMax: 20 })
    expect(await tries(6, 'first', '10.0.0.1')).toBe(5)
    for (let at = 0; at < 120; at++) {
      time.nowMs += 1
      await begin(`user${at}`, '127.0.0.1')
      expect(await rows()).toBeLessThanOrEqual(20 + 2 * 50 + 3)
    }
    expect(await begin('first', '10.0.0.1')).toBe(0)
    time.nowMs += 3_600_001
    for (let at = 0; at < 50; at++) await begin(`later${at}`, '127.0.0.1')
    const old = database.db.selectFrom('sign_in_try').selectAll().where('last_at', '<', time.nowMs)
    expect(await old.execute()).toEqual([])
  })
})
