import { expect, it } from 'vitest'
import { verificationState } from './verification-state.ts'

const ENDED = { startedAt: 5, endedAt: 9 }

it.each([
  ['never', null, undefined],
  ['waits', null, null],
  ['runs', { startedAt: 5, endedAt: null }, null],
  ['ended', ENDED, null],
  ['ended', ENDED, undefined],
  ['waits', ENDED, 5],
  ['runs', { startedAt: 12, endedAt: null }, 5],
  ['ended', { startedAt: 12, endedAt: 20 }, 5],
] as const)('“%s” when the last run is %o and the one before the question began at %o', (state, last, before) => {
  expect(verificationState(last, before)).toBe(state)
})
