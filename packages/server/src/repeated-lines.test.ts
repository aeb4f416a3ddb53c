import { expect, it } from 'vitest'
import { createRepeatedLines } from './repeated-lines.ts'

it('says a text once, again after ten seconds, and then how often it was left out; other texts are others', () => {
  let nowMs = 0
  const lines = createRepeatedLines(() => nowMs)
  expect(lines.say('the queue cannot be read')).toBe(0)
  expect(lines.say('the rollout cannot be read')).toBe(0)
  for (nowMs = 100; nowMs < 10_000; nowMs += 100) expect(lines.say('the queue cannot be read')).toBeNull()
  expect(lines.say('the queue cannot be read')).toBe(99)
  expect(lines.say('the queue cannot be read')).toBeNull()
  nowMs += 10_000
  expect(lines.say('the queue cannot be read')).toBe(1)
  nowMs += 10_000
  expect(lines.say('the queue cannot be read')).toBe(0)
})

it('keeps a bounded number of texts', () => {
  const lines = createRepeatedLines(() => 0)
  for (let at = 0; at < 5000; at++) expect(lines.say(`text ${at}`)).toBe(0)
  expect(lines.say('text 4999')).toBeNull()
  expect(lines.say('text 0')).toBe(0)
})
