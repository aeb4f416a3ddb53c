import { describe, expect, it } from 'vitest'
import { createSignInLimits } from './sign-in-limits.ts'

function limits() {
  const time = { nowMs: 0 }
  const own = createSignInLimits(
    () => time.nowMs,
    (address) => address === '127.0.0.1',
  )
  const begin = (name: string, address: string) => own.begin(name, address)
  const succeeded = (name: string, address: string) => own.succeeded(name, address)
  /** How many of so many attempts, one after another, may go on. */
  const tries = (count: number, name: string, address: string) =>
    Array.from({ length: count }, () => begin(name, address)).filter((waitMs) => waitMs === 0).length
  return { begin, succeeded, time, tries }
}

describe('sign-ins that fail', () => {
  it('at one account from one address: five, then waits that double to a quarter of an hour', () => {
    const { tries, begin, time } = limits()
    expect(tries(9, 'ada', '10.0.0.1')).toBe(5)
    const waits = Array.from({ length: 14 }, () => {
      const waitMs = begin('ada', '10.0.0.1')
      time.nowMs += waitMs
      begin('ada', '10.0.0.1')
      return waitMs
    })
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
    expect(waits.at(-1)).toBe(900_000)
  })

  it('from one network at many accounts: twenty; an IPv6 customer is one network', () => {
    const { begin } = limits()
    const passed = Array.from({ length: 40 }, (_, at) => begin(`user${at}`, `2001:db8:1:2::${at}`)).filter((ms) => ms === 0)
    expect(passed).toHaveLength(20)
  })

  it('from everywhere at one account hold its person up by ten seconds at most', () => {
    const { begin, time } = limits()
    for (let at = 0; at < 200; at++) {
      begin('ada', `10.0.${at}.1`)
      time.nowMs += 10_000
    }
    expect(begin('ada', '10.9.9.9')).toBe(0)
    expect(begin('ada', '10.9.9.8')).toBe(10_000)
  })

  it('of this machine are not counted by address: it may be a proxy in front of everyone', () => {
    const { begin } = limits()
    const passed = Array.from({ length: 40 }, (_, at) => begin(`user${at}`, '127.0.0.1')).filter((ms) => ms === 0)
    expect(passed).toHaveLength(40)
  })

  it('are forgotten when the right password comes, but not those at other accounts', () => {
    const { begin, succeeded, tries } = limits()
    expect(tries(4, 'ada', '10.0.0.1')).toBe(4)
    expect(begin('ada', '10.0.0.1')).toBe(0)
    succeeded('ada', '10.0.0.1')
    expect(tries(4, 'ada', '10.0.0.1')).toBe(4)
    // Own sign-ins in between buy no guesses at others.
    let guesses = 0
    for (let at = 0; at < 40; at++) {
      if (begin(`user${at}`, '10.0.0.2') === 0) guesses += 1
      if (begin('eve', '10.0.0.2') === 0) succeeded('eve', '10.0.0.2')
    }
    expect(guesses).toBeLessThanOrEqual(20)
  })

  it('are kept in bounded memory', () => {
    const { begin, tries } = limits()
    expect(tries(6, 'first', '10.0.0.1')).toBe(5)
    for (let at = 0; at < 30_000; at++) begin(`user${at}`, '127.0.0.1')
    expect(begin('first', '10.0.0.1')).toBe(0)
  })
})
