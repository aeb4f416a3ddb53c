import { describe, expect, it } from 'vitest'
import { systemRandomness } from '../random.ts'
import { createPasswords, passwordProblem } from './password.ts'

const GOOD = 'gravel tuesday lantern'

describe('a password', () => {
  it('is kept as Argon2id with the parameters of OWASP, salted', async () => {
    const passwords = createPasswords(systemRandomness)
    const [first, second] = await Promise.all([passwords.hash(GOOD), passwords.hash(GOOD)])
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(second).not.toBe(first)
  })

  it('is the same however the keyboard composes its letters, and no other', async () => {
    const passwords = createPasswords(systemRandomness)
    const kept = await passwords.hash('şifre değil günlük'.normalize('NFD'))
    expect(await passwords.matches('şifre değil günlük'.normalize('NFC'), kept)).toBe(true)
    expect(await passwords.matches('şifre değil günlük ', kept)).toBe(false)
  })

  it('takes as long to refuse where there is nobody as where there is somebody', async () => {
    const passwords = createPasswords(systemRandomness)
    const kept = await passwords.hash(GOOD)
    await passwords.matches('warm up', null)
    const fastestMs = async (passwordHash: string | null) => {
      let fastest = Number.POSITIVE_INFINITY
      for (let times = 0; times < 5; times++) {
        const beganMs = performance.now()
        expect(await passwords.matches('wrong', passwordHash)).toBe(false)
        fastest = Math.min(fastest, performance.now() - beganMs)
      }
      return fastest
    }
    // Without the same work it would be a thousandth.
    expect(await fastestMs(null)).toBeGreaterThan((await fastestMs(kept)) / 4)
  })

  it('is checked two at a time, and with sixteen waiting the next is sent away', async () => {
    const passwords = createPasswords(systemRandomness)
    const kept = await passwords.hash(GOOD)
    const answers = await Promise.all(Array.from({ length: 25 }, () => passwords.matches(GOOD, kept)))
    expect(answers.filter((one) => one === true)).toHaveLength(18)
    expect(answers.filter((one) => one === null)).toHaveLength(7)
    expect(await passwords.matches(GOOD, kept)).toBe(true)
  })
})

it.each([
  ['short', 'at least 12'],
  ['ada goes to town', 'name of the account'],
  ['aaaaaaaaaabbbb', 'different characters'],
  ['abcdeabcdeabcde', 'repeats'],
  ['Passw0rd!!2026', 'everybody uses'],
  ['qwertyuiopas', 'row of keys'],
  ['123456789012', 'row of keys'],
])('%s is too easy to guess', (password, why) => {
  expect(passwordProblem(password, 'ada')).toContain(why)
})

it.each([GOOD, 'tr4ding-is-not-all', 'Kedi balkonda uyuyor', 'x7#mQ2!vLp9@'])('%s is good enough', (password) => {
  expect(passwordProblem(password, 'ada')).toBeNull()
})
