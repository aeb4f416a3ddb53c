import { describe, expect, it } from 'vitest'
import { murmur3 } from './murmur3.ts'

// From the reference implementation (MurmurHash3_x86_32), as listed by Ian Boyd, https://stackoverflow.com/a/31929528, and
// for UTF-8 text by that page too.
describe('murmur3', () => {
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['abcd', 0x9747b28c, 0xf0478627],
    ['abc', 0x9747b28c, 0xc84a62dd],
    ['ab', 0x9747b28c, 0x74875592],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('of %j with seed %i', (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash)
  })

  it('takes a lone surrogate for the replacement character, and a pair for its one point', () => {
    expect(murmur3('\ud800')).toBe(murmur3('\ufffd'))
    expect(murmur3('😀')).not.toBe(murmur3('\ufffd\ufffd'))
  })
})
