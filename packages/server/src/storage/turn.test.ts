import { expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { Turn } from './turn.ts'

it('comes in the order in which it was asked for, and is not waited for longer than the limit', async () => {
  const clock = new ManualClock(0)
  const turn = new Turn()
  const came: string[] = []
  const ask = (who: string, limitMs: number) =>
    turn.takeWithin(limitMs, clock).then((isMine) => void came.push(`${who} ${isMine}`))
  await ask('first', 100)
  const waiting = [ask('patient', 1000), ask('hasty', 100), ask('last', 1000)]
  await clock.advance(100)
  await waiting[1]
  turn.give()
  await waiting[0]
  turn.give()
  await waiting[2]
  expect(came).toEqual(['first true', 'hasty false', 'patient true', 'last true'])
  turn.give()
  await ask('next', 0)
  expect(came.at(-1)).toBe('next true')
})
