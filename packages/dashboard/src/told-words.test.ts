import { expect, it } from 'vitest'
import { FAULT_TEXTS } from '@spark/contract/fault-texts'
import { createFormat } from './format/format.ts'
import { messagesOf } from './i18n/messages.ts'
import { faultWords, personWords } from './told-words.ts'

const m = messagesOf('tr')
const tr = { m, f: createFormat('tr', m.common.units) }

it('who reads Turkish is told in Turkish of a fault, and of what a person said in a rehearsal', () => {
  expect(faultWords('begins: latency, 1600 ms, for 1 h 30 min', tr)).toBe(
    'başlar: latency (skorlar bu kadar daha uzun sürer), 1.600 ms, 1 sa 30 dk boyunca',
  )
  expect(faultWords('error_burst, 3 % of scores, for 20 min', tr)).toBe(
    'error_burst (API 503 yanıtlar), %3 (skorların payı), 20 dk boyunca',
  )
  expect(personWords('promote 50 %', tr)).toBe('Yükselt %50')
  expect(personWords('pause: refused, the rollout is paused by ada already', tr)).toMatch(/^Duraklat: reddedildi, /)
  for (const kind of Object.keys(FAULT_TEXTS))
    expect(faultWords(kind, tr)).not.toContain(FAULT_TEXTS[kind as keyof typeof FAULT_TEXTS])
})
