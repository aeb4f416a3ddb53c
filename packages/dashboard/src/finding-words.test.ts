import { describe, expect, it } from 'vitest'
import { FINDINGS, finding, readFinding, type FindingCode } from '@spark/contract/finding'
import { findingWords } from './finding-words.ts'
import { LANGUAGES, messagesOf } from './i18n/messages.ts'

const placesOf = (template: string) => [...template.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted()

it.each(LANGUAGES)('everything that the triage finds is there in %s, with its figures', (language) => {
  const { sentences } = messagesOf(language).findings
  for (const [code, template] of Object.entries(FINDINGS))
    expect([code, placesOf(sentences[code as FindingCode])]).toEqual([code, placesOf(template)])
})

it.each(Object.keys(FINDINGS) as FindingCode[])('what %s was filled with is read back', (code) => {
  const given = {
    ...Object.fromEntries(placesOf(FINDINGS[code]).map((place) => [place.slice(1, -1), '7'])),
    url: 'http://127.0.0.1:4001/health',
    process: 'executor',
    setting: 'ML_CONFID_FLOOR',
    stream: 'BTCUSDT-1h',
    feed: 'ccxt:binance',
  }
  const text = (finding as (code: string, values: object) => string)(code, given)
  expect(readFinding(text)?.code).toBe(code)
  expect((finding as (code: string, values: object) => string)(code, readFinding(text)?.values ?? {})).toBe(text)
})

describe('who reads Turkish is told in Turkish', () => {
  it.each([
    [
      'no answer from http://127.0.0.1:4001/health within 3 s: restart it with spark triage restart',
      'http://127.0.0.1:4001/health 3 sn içinde yanıt vermedi: spark triage restart ile yeniden başlatın',
    ],
    ["the executor's clock is 1500 ms behind this process: APART", 'yürütücü saati bu süreçten 1500 ms geride: AYRIK'],
    [
      'stale_data × 12, last at 2026-11-29T10:00:00.000Z by ml.score',
      'stale_data × 12, sonuncusu 2026-11-29T10:00:00.000Z, ml.score',
    ],
    ['backup failed: no space: disk full', 'backup başarısız oldu: no space: disk full'],
    [
      'BTCUSDT-1h, 12 strategies: no score among the newest 1000; the executor has no row: 12 candles are missing',
      'BTCUSDT-1h, 12 strateji: son 1000 skor arasında yok; yürütücüde satır yok: 12 candles are missing',
    ],
    ['ML_CONFID_FLOOR 0.55 → 0.6, at once and without a restart', 'ML_CONFID_FLOOR 0.55 → 0.6, hemen ve yeniden başlatmadan'],
    ['what somebody wrote', 'what somebody wrote'],
  ])('“%s”', (text, turkish) => {
    expect(findingWords(text, messagesOf('tr'))).toBe(turkish)
    expect(findingWords(text, messagesOf('en'))).toBe(text)
  })
})
