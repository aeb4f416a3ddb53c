import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownerOf } from './owner-of.ts'

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,15}\.executor$/), { minLength: 1, maxLength: 8 })
const keys = fc.uniqueArray(fc.stringMatching(/^[A-Z]{3,6}USDT-(1m|5m|1h)$/), { minLength: 1, maxLength: 40 })

describe('the owner of a key', () => {
  it('is one member, the same in whatever order the members are named', () => {
    fc.assert(
      fc.property(names, fc.string(), (members, key) => {
        const owner = ownerOf(key, members)
        expect(members).toContain(owner)
        expect(ownerOf(key, members.toReversed())).toBe(owner)
      }),
    )
  })

  it('changes for those of a member that went, and for nobody else', () => {
    fc.assert(
      fc.property(names, keys, (members, all) => {
        const [gone, ...rest] = members
        for (const key of all) {
          const before = ownerOf(key, members)
          if (before === gone) expect(rest.length === 0 ? [null] : rest).toContain(ownerOf(key, rest))
          else expect(ownerOf(key, rest)).toBe(before)
        }
      }),
    )
  })

  it('is each of three members for about a third of the keys', () => {
    const members = ['a.executor', 'b.executor', 'c.executor']
    const counts = new Map(members.map((member) => [member, 0]))
    for (let at = 0; at < 3000; at++) {
      const owner = ownerOf(`SYMBOL${at}-1h`, members) ?? ''
      counts.set(owner, (counts.get(owner) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(100)
  })

  it('is nobody where nobody is', () => expect(ownerOf('BTCUSDT-1h', [])).toBeNull())
})
