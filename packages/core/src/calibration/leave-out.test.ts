import { expect, it } from 'vitest'
import { isLeftOut, mergePeriods, periodsUpTo } from './leave-out.ts'

const HOUR = 3_600_000
const period = (fromHour: number, toHour: number) => ({ fromMs: fromHour * HOUR, toMs: toHour * HOUR })

it('periods that touch are one, in whatever order they were written', () => {
  const periods = [period(5, 6), period(1, 3), period(2, 2.5), period(3, 4)]
  expect(mergePeriods(periods)).toEqual([period(1, 4), period(5, 6)])
  expect(mergePeriods(periods.toReversed())).toEqual(mergePeriods(periods))
})

it('a label is left out when the time until its expiry touches a period, however soon it ended', () => {
  const out = (entryHour: number) => isLeftOut([period(20, 22)], { tf: '1h', entryMs: entryHour * HOUR, expiryCandles: 12 })
  expect([7, 8, 9, 21, 22].map(out)).toEqual([false, false, true, true, false])
})

it('up to a time, periods of later change nothing', () => {
  const before = periodsUpTo([period(1, 4)], 3 * HOUR)
  expect(periodsUpTo([period(1, 9), period(10, 11)], 3 * HOUR)).toEqual(before)
  expect(periodsUpTo([period(1, 2)], 3 * HOUR)).not.toEqual(before)
})
