import { expect, it } from 'vitest'
import { inGroups } from './in-groups.ts'

it('what comes in one moment goes together, what comes meanwhile goes next, each gets its own answer', async () => {
  const groups: number[][] = []
  const gate = Promise.withResolvers<void>()
  const double = inGroups(3, async (items: readonly number[]) => {
    groups.push([...items])
    await gate.promise
    return items.map((item) => 2 * item)
  })
  const first = [1, 2].map(double)
  await new Promise((resolve) => setImmediate(resolve))
  const later = [3, 4, 5, 6].map(double)
  gate.resolve()
  expect(await Promise.all([...first, ...later])).toEqual([2, 4, 6, 8, 10, 12])
  expect(groups).toEqual([[1, 2], [3, 4, 5], [6]])
})

it('a group that fails tells all of it, and the next one works', async () => {
  const halve = inGroups(10, async (items: readonly number[]) => {
    if (items.includes(0)) throw new RangeError('nothing to halve')
    return items.map((item) => item / 2)
  })
  const failed = await Promise.allSettled([0, 2].map(halve))
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await halve(4)).toBe(2)
})
