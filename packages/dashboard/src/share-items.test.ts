import { expect, it } from 'vitest'
import { shareItems } from './share-items.ts'

const list = () => ({
  items: [
    { id: 'a', n: 1 },
    { id: 'b', n: 2 },
  ],
  total: 2,
})

it('a list of which nothing changed stays the same object', () => {
  const before = list()
  expect(shareItems(before, list())).toBe(before)
})

it.each([
  ['another field of the list', { ...list(), total: 3 }],
  ['one item less', { ...list(), items: [{ id: 'a', n: 1 }] }],
  ['one item more', { ...list(), items: [...list().items, { id: 'c', n: 3 }] }],
  ['a field that is gone', { ...list(), items: [{ id: 'a', n: 1 }, { id: 'b' }] }],
  [
    'a field of another value',
    {
      ...list(),
      items: [
        { id: 'a', n: 1 },
        { id: 'b', n: 9 },
      ],
    },
  ],
  [
    'a field of another name',
    {
      ...list(),
      items: [
        { id: 'a', n: 1 },
        { id: 'b', m: 2 },
      ],
    },
  ],
])('%s is taken over, and what is alike stays the same object', (_what, after) => {
  const before = list()
  const shared = shareItems(before, after) as typeof before
  expect(shared).toEqual(after)
  expect(shared).not.toBe(before)
  expect(shared.items[0]).toBe(before.items[0])
})

it('what is no list is taken as it comes', () => {
  expect(shareItems(undefined, 1)).toBe(1)
  const after = list()
  expect(shareItems(null, after)).toBe(after)
})
