import { describe, expect, it } from 'vitest'
import { TOLD } from '../told.ts'
import { speechOf } from './speech.ts'
import { toldWords } from './told-words.ts'

const LANGUAGES = ['en', 'tr'] as const
const placesOf = (template: string) => [...template.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted()
const tr = speechOf('tr')

it.each(LANGUAGES)('every fixed sentence of an alert, a job or a rehearsal is there in %s, with its figures', (language) => {
  const { sentences } = speechOf(language).m.told
  expect(Object.keys(sentences)).toEqual(expect.arrayContaining(Object.keys(TOLD)))
  for (const [code, template] of Object.entries(TOLD))
    expect([code, placesOf(sentences[code as keyof typeof TOLD])]).toEqual([code, placesOf(template)])
})

describe('who reads Turkish is told in Turkish', () => {
  it.each([
    // Alerts.
    ['the job backup failed: disk full; no space', 'backup işi başarısız oldu: disk full; no space'],
    [
      'strategies are paused, s1 first: 6001.5 lost today, at most 6000',
      'stratejiler duraklatıldı, ilki s1: bugün 6.001,5 kaybedildi, en çok 6.000',
    ],
    [
      'paper: no order is sent; the venue holds 3 USDT, our book 5; the venue has the order sp-1, which our book does not have',
      'paper: emir gönderilmiyor; borsada 3 USDT var, defterimizde 5; borsada sp-1 emri var, defterimizde yok',
    ],
    [
      "the clock went back by 7.0 s, to 2026-11-29T07:00:00.000Z; no order increases risk until the market's time agrees",
      'saat 7,0 sn geri gitti: 2026-11-29T07:00:00.000Z; piyasanın saati uyuşana dek hiçbir emir riski artırmaz',
    ],
    ['error_rate=2.41 %, beyond 2.00 %', 'Hata oranı %2,41, %2 ötesinde'],
    // Jobs.
    ['1200 candles added in 12 streams', '12 akışa 1.200 mum eklendi'],
    ['day-2026-01-31: 12345 bytes of evidence', 'day-2026-01-31: 12.345 bayt kanıt'],
    ['3 labels; ml-fusion-1.2 unproven, 1 rounds more', '3 etiket; ml-fusion-1.2: kanıtlanmadı, 1 tur daha'],
    // Rehearsals.
    ['ended in done', 'sonuna dek gitti'],
    [
      'advance: 10 % begins; before that for 20 min: not every figure is on its target',
      'ilerliyor: %10 başlıyor; bundan önce 20 dk boyunca: her değer hedefinde değil',
    ],
    [
      'rollback: error_rate beyond 2.00 % for 370 s, at worst 9.00 %; most frequent: unreachable × 28; epoch 3, 0 orders on the wire',
      'geri alındı: Hata oranı 370 sn boyunca %2 ötesinde, en kötü %9; en sık: unreachable × 28; dönem 3, yolda 0 emir',
    ],
    [
      "hold: the breach of p95 is not over; risk is not free: the clock went forward by 34.0 s, to 2026-01-05T09:42:19.000Z, and the market's time does not agree yet",
      'tutuyor: p95 gecikme ihlali bitmedi; risk serbest değil: saat 34.0 sn ileri gitti: 2026-01-05T09:42:19.000Z; piyasanın saati henüz uyuşmuyor',
    ],
    ['at least 3 buckets, none over 60 %', 'en az 3 kova, hiçbiri %60 üstünde değil'],
    ['< 30 s throughout', 'her an < 30 s'],
    ['red breach: p95=1858 ms, beyond 1500 ms', 'kritik (breach): p95 gecikme 1.858 ms, 1.500 ms ötesinde'],
  ])('“%s”', (text, turkish) => {
    expect(toldWords(text, tr)).toBe(turkish)
  })
})

it("a person's own words stay as they are", () => {
  for (const language of LANGUAGES)
    expect(toldWords('before the night; then go', speechOf(language))).toBe('before the night; then go')
})
