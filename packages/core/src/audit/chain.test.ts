import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainHash, GENESIS_HASH, verifyChain, type ChainHead, type ChainItem } from './chain.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const START: ChainHead = { seq: 0, hash: GENESIS_HASH }

function chainOf(lines: readonly string[], writer = 'api-1'): ChainItem[] {
  let hash = GENESIS_HASH
  return lines.map((line, index) => {
    hash = chainHash(sha256, hash, writer, index + 1, line)
    return { seq: index + 1, hash, line }
  })
}

const chains = fc
  .array(fc.string(), { minLength: 3, maxLength: 20 })
  .map((lines) => chainOf(lines.map((line, index) => `${index} ${line}`)))
const place = (items: ChainItem[], fraction: number) => Math.floor(fraction * items.length)
const fraction = fc.double({ min: 0, max: 0.999, noNaN: true })

describe('chainHash', () => {
  it('covers previous hash, writer, seq and line', () => {
    expect(chainHash(sha256, GENESIS_HASH, 'api-1', 1, '{}')).toBe(sha256(`${'0'.repeat(64)}\napi-1\n1\n{}`))
  })
  it('refuses a writer with a line break, which could pass for another chain', () => {
    expect(() => chainHash(sha256, GENESIS_HASH, 'api\n1', 1, '{}')).toThrow(RangeError)
  })
})

describe('verifyChain', () => {
  it('accepts a chain, whole and in batches', () => {
    fc.assert(
      fc.property(chains, fraction, (items, at) => {
        const cut = place(items, at)
        const first = verifyChain(sha256, 'api-1', START, items.slice(0, cut))
        if (!first.ok) throw new Error(first.broken.detail)
        const last = items.at(-1) as ChainItem
        const whole = { ok: true, head: { seq: last.seq, hash: last.hash } }
        expect(verifyChain(sha256, 'api-1', first.head, items.slice(cut))).toEqual(whole)
      }),
    )
  })
  it('names an edited row', () => {
    fc.assert(
      fc.property(chains, fraction, (items, at) => {
        const index = place(items, at)
        const edited = items.map((item, other) => (other === index ? { ...item, line: `${item.line}!` } : item))
        expect(verifyChain(sha256, 'api-1', START, edited)).toMatchObject({
          ok: false,
          broken: { kind: 'edited', seq: index + 1 },
        })
      }),
    )
  })
  it('names an edited row whose own hash was made to fit, at the row after it', () => {
    const items = chainOf(['a', 'b', 'c'])
    const hash = chainHash(sha256, items[0]?.hash ?? '', 'api-1', 2, 'B')
    const forged = [items[0], { seq: 2, hash, line: 'B' }, items[2]] as ChainItem[]
    expect(verifyChain(sha256, 'api-1', START, forged)).toMatchObject({ ok: false, broken: { kind: 'edited', seq: 3 } })
  })
  it('names a missing row', () => {
    fc.assert(
      fc.property(chains, fraction, (items, at) => {
        const index = Math.min(place(items, at), items.length - 2)
        const verdict = verifyChain(sha256, 'api-1', START, items.toSpliced(index, 1))
        expect(verdict).toMatchObject({ ok: false, broken: { kind: 'missing', seq: index + 1 } })
      }),
    )
    const verdict = verifyChain(sha256, 'api-1', START, chainOf(['a', 'b', 'c', 'd']).toSpliced(1, 2))
    expect(verdict).toMatchObject({ broken: { detail: 'rows 2 to 3 of api-1 not there' } })
  })
  it('names reordered rows, whether their seq was changed with them or not', () => {
    fc.assert(
      fc.property(chains, fraction, fc.boolean(), (items, at, renumbered) => {
        const index = Math.min(place(items, at), items.length - 2)
        const [first, second] = [items[index], items[index + 1]] as [ChainItem, ChainItem]
        const swapped = renumbered
          ? [
              { ...second, seq: first.seq },
              { ...first, seq: second.seq },
            ]
          : [second, first]
        const verdict = verifyChain(sha256, 'api-1', START, items.toSpliced(index, 2, ...swapped))
        expect(verdict).toMatchObject({ ok: false, broken: { kind: 'reordered', seq: index + 1 } })
      }),
    )
  })
  it('names a repeated row', () => {
    const items = chainOf(['a', 'b', 'c'])
    const repeated = [...items, items[1] as ChainItem]
    expect(verifyChain(sha256, 'api-1', START, repeated)).toMatchObject({ ok: false, broken: { kind: 'reordered', seq: 2 } })
  })
  it('does not take the rows of another writer', () => {
    const verdict = verifyChain(sha256, 'api-2', START, chainOf(['a'], 'api-1'))
    expect(verdict).toMatchObject({ ok: false, broken: { kind: 'edited', seq: 1 } })
  })
})
